-- Grain: one row per metric × period × scope × week in which somebody reported, or in which a month
-- fell behind
-- Of several reports in a week the newest stands. A typed figure is shown beside the computed one,
-- never instead.
with

typed as (
    select lines.*, days.week_start_on
    from {{ source('cascade', 'progress_line') }} as lines
    inner join
        {{ source('reference', 'calendar_day') }} as days
        on lines.reported_on = days.date_day
    where lines.reported_on <= {{ as_of() }}
    qualify row_number() over (
        partition by
            lines.metric, lines.period_type, lines.period_start, lines.period_end,
            lines.scope_type, lines.scope_id, days.week_start_on
        order by lines.reported_on desc, lines.source asc, coalesce(lines.source_row, '') desc
    ) = 1
),

weeks as (
    select * from {{ ref('int_week_behind') }}
    where level = 'base'
),

attainment as (
    select * from {{ ref('mart_target_attainment') }}
    where is_in_force
),

scope_days as (
    select * from {{ ref('int_actual_scope_day') }}
),

metrics as (
    select * from {{ source('rules', 'metrics') }}
),

causes as (
    select * from {{ source('rules', 'action_reasons') }}
),

days as (
    select * from {{ source('reference', 'calendar_day') }}
),

thresholds as (
    select * from {{ source('rules', 'status') }}
),

settings as (
    select * from {{ source('rules', 'scenarios_settings') }}
),

scope_names as (
    select scope_type, scope_id, scope_name from {{ ref('int_scope') }}
),

-- A ratio is compared by its two parts; one over a trailing window is not compared.
parts as (
    select metric, metric as part_metric, 'whole' as part from metrics where aggregate <> 'ratio'
    union all
    select metric, numerator_metric as part_metric, 'numerator' as part
    from metrics
    where aggregate = 'ratio' and window_months is null
    union all
    select metric, denominator_metric as part_metric, 'denominator' as part
    from metrics
    where aggregate = 'ratio' and window_months is null
),

summed as (
    select
        typed.source,
        typed.source_row,
        typed.reported_on,
        parts.part,
        coalesce(sum(scope_days.value), 0) as value
    from typed
    inner join parts on typed.metric = parts.metric
    left join scope_days
        on
            parts.part_metric = scope_days.metric
            and typed.scope_type = scope_days.scope_type and typed.scope_id = scope_days.scope_id
            and typed.period_start <= scope_days.event_on
            and typed.period_end >= scope_days.event_on and typed.reported_on >= scope_days.event_on
    where typed.problem is null
    group by typed.source, typed.source_row, typed.reported_on, parts.part
),

computed as (
    select
        source,
        source_row,
        reported_on,
        coalesce(
            cast(max(case when part = 'whole' then value end) as double),
            {{ ratio(
                "max(case when part = 'numerator' then value end)",
                "max(case when part = 'denominator' then value end)"
            ) }}
        ) as actual
    from summed
    group by source, source_row, reported_on
),

-- Only what the company reports on is asked for: its metrics, its kinds of scope, from its first
-- report on.
reported as (
    select metric, scope_type, min(week_start_on) as first_week_on
    from typed
    where problem is null
    group by metric, scope_type
),

judged as (
    select
        weeks.metric,
        weeks.scope_type,
        weeks.scope_id,
        weeks.week_start_on,
        weeks.month_start_on,
        weeks.target_to_date,
        weeks.actual,
        {{ lag_rate('weeks.actual', 'weeks.target_to_date') }} as lag_rate,
        {{ is_behind(
            lag_rate('weeks.actual', 'weeks.target_to_date'),
            is_small_count('weeks.due_count') ~ ' and weeks.gone_rate < 1',
            'weeks.actual_count', 'weeks.due_count', 'weeks.gone_rate', 'thresholds'
        ) }}
            as is_behind
    from weeks
    inner join reported
        on
            weeks.metric = reported.metric and weeks.scope_type = reported.scope_type
            and weeks.week_start_on >= reported.first_week_on
    cross join thresholds
    cross join settings
    where weeks.target_to_date > 0 and weeks.scenario in ('base', settings.scenario_in_force)
    qualify row_number() over (
        partition by weeks.metric, weeks.scope_type, weeks.scope_id, weeks.week_start_on
        order by case when weeks.scenario = settings.scenario_in_force then 0 else 1 end
    ) = 1
),

behind as (
    select
        judged.metric, judged.scope_type, judged.scope_id, judged.week_start_on, judged.lag_rate,
        'month' as period_type,
        days.month_start_on as period_start,
        days.month_end_on as period_end,
        days.month_label as period_label
    from judged
    inner join days on judged.month_start_on = days.date_day
    where judged.is_behind and judged.scope_id not in ('unknown', 'unallocated')
),

reasons as (
    select metric, scope_type, scope_id, max(reported_on) as last_reason_on
    from typed
    where reason is not null
    group by metric, scope_type, scope_id
),

keys as (
    select
        metric,
        period_type,
        period_start,
        period_end,
        period_label,
        scope_type,
        scope_id,
        week_start_on
    from typed
    union
    select
        metric,
        period_type,
        period_start,
        period_end,
        period_label,
        scope_type,
        scope_id,
        week_start_on
    from behind
),

assembled as (
    select
        keys.*,
        typed.reported_on,
        typed.reported_by,
        typed.typed_actual,
        computed.actual as computed_actual,
        behind.lag_rate,
        behind.metric is not null as is_behind,
        typed.reason,
        typed.plan,
        reasons.last_reason_on,
        typed.problem,
        typed.message_zh,
        typed.message_en,
        typed.source,
        typed.source_row
    from keys
    left join typed
        on
            keys.metric = typed.metric and keys.week_start_on = typed.week_start_on
            and keys.period_type = typed.period_type and keys.period_start = typed.period_start
            and keys.period_end = typed.period_end
            and keys.scope_type = typed.scope_type and keys.scope_id = typed.scope_id
    left join computed
        on
            typed.source = computed.source and typed.source_row = computed.source_row
            and typed.reported_on = computed.reported_on
    left join behind
        on
            keys.metric = behind.metric and keys.week_start_on = behind.week_start_on
            and keys.period_type = behind.period_type and keys.period_start = behind.period_start
            and keys.scope_type = behind.scope_type and keys.scope_id = behind.scope_id
    left join reasons
        on
            keys.metric = reasons.metric
            and keys.scope_type = reasons.scope_type and keys.scope_id = reasons.scope_id
),

final as (
    select
        assembled.metric,
        assembled.period_type,
        assembled.period_start,
        assembled.period_end,
        assembled.period_label,
        assembled.scope_type,
        assembled.scope_id,
        coalesce(scope_names.scope_name, assembled.scope_id) as scope_name,
        assembled.week_start_on,
        days.week_label,
        attainment.target,
        attainment.responsible_id,
        assembled.reported_on,
        assembled.reported_by,
        {{ money('assembled.typed_actual') }} as typed_actual,
        {{ money('assembled.computed_actual') }} as computed_actual,
        {{ money('assembled.typed_actual - assembled.computed_actual') }} as difference_amount,
        {{ ratio(
            'assembled.typed_actual - assembled.computed_actual', 'abs(assembled.computed_actual)'
        ) }}
            as difference_rate,
        case
            when assembled.reported_on is null then 'not_reported'
            when assembled.typed_actual is null then 'not_typed'
            when assembled.computed_actual is null then 'not_comparable'
            when assembled.computed_actual = 0 then 'no_actual'
        end as difference_rate_reason,
        coalesce(
            round(abs(assembled.typed_actual - assembled.computed_actual), 9)
            > round(0.01 * abs(assembled.computed_actual), 9),
            false
        ) as is_typed_off,
        assembled.lag_rate,
        assembled.is_behind,
        assembled.reason,
        causes.reason_cause as cause,
        assembled.plan,
        assembled.is_behind
        and (assembled.last_reason_on is null or assembled.last_reason_on < assembled.week_start_on)
            as is_reason_missing,
        assembled.problem,
        assembled.message_zh as problem_zh,
        assembled.message_en as problem_en,
        assembled.source,
        assembled.source_row
    from assembled
    inner join days on assembled.week_start_on = days.date_day
    left join scope_names
        on
            assembled.scope_type = scope_names.scope_type
            and assembled.scope_id = scope_names.scope_id
    left join causes on assembled.reason = causes.reason
    left join attainment
        on
            assembled.metric = attainment.metric
            and assembled.period_type = attainment.period_type
            and assembled.period_start = attainment.period_start
            and assembled.period_end = attainment.period_end
            and assembled.scope_type = attainment.scope_type
            and assembled.scope_id = attainment.scope_id
)

select * from final
