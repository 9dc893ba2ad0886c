-- Grain: one row per change of a target: a dated revision, a correction, or a row deleted from its
-- sheet
-- As was: what the figure before the change says today; as is: what the figure after it says.
with

lines as (
    select * from {{ source('cascade', 'target_line') }}
),

scopes as (
    select line, min(scope_type) as scope_type, min(scope_id) as scope_id
    from {{ ref('int_target_line_scope') }}
    group by line
),

actuals as (
    select * from {{ ref('int_actual_scope_period') }}
),

metrics as (
    select * from {{ source('rules', 'metrics') }}
),

judged as (
    select
        lines.*,
        coalesce(effective_on, start_on) as in_effect_on,
        dense_rank() over (
            order by {{ target_figure() | join(', ') }}
        ) as figure_no
    from lines
),

numbered as (
    select
        judged.*,
        sum(case when is_accepted then 1 else 0 end) over (
            partition by figure_no
            order by
                recorded_on, in_effect_on, line
            rows between unbounded preceding and current row
        ) as accepted_no
    from judged
),

-- What stood before a change is the last figure that was accepted and not deleted, never one that
-- was refused.
given as (
    select
        numbered.*,
        earlier.value as before_value,
        earlier.removed_on is null
        or earlier.removed_on >= numbered.recorded_on as is_before_standing
    from numbered
    inner join numbered as earlier
        on
            numbered.figure_no = earlier.figure_no
            and earlier.is_accepted
            and earlier.accepted_no
            <= numbered.accepted_no - case when numbered.is_accepted then 1 else 0 end
    qualify row_number() over (
        partition by numbered.line
        order by
            case
                when
                    earlier.removed_on is null or earlier.removed_on >= numbered.recorded_on
                    then 0
                else 1
            end asc,
            earlier.accepted_no desc
    ) = 1
),

-- Deleted from its sheet: a figure in force that ends with nothing recorded in its place that day.
-- What an older row that still stands says, counts again; without one the figure is nobody's and
-- comes from longer period or parent.
deleted as (
    select numbered.*, remaining.value as remaining_value
    from numbered
    left join numbered as following
        on numbered.figure_no = following.figure_no and numbered.removed_on = following.recorded_on
    left join numbered as newer
        on
            numbered.figure_no = newer.figure_no
            and newer.is_accepted
            and numbered.accepted_no < newer.accepted_no
            and numbered.removed_on > newer.recorded_on
            and (newer.removed_on is null or numbered.removed_on <= newer.removed_on)
    left join numbered as remaining
        on
            numbered.figure_no = remaining.figure_no
            and remaining.is_accepted
            and numbered.accepted_no > remaining.accepted_no
            and (remaining.removed_on is null or numbered.removed_on < remaining.removed_on)
    where
        numbered.is_accepted and numbered.removed_on is not null
        and following.line is null and newer.line is null
    qualify
        row_number()
            over (partition by numbered.line order by remaining.accepted_no desc nulls last)
        = 1
),

changes as (
    select
        line,
        case when effective_on > start_on then 'revision' else 'correction' end as change_kind,
        recorded_on,
        in_effect_on,
        changed_by,
        reason,
        case when is_before_standing then before_value end as before_value,
        value as after_value
    from given
    where not is_before_standing or value <> before_value
    union all
    select
        line,
        'removal' as change_kind,
        removed_on as recorded_on,
        start_on as in_effect_on,
        cast(null as {{ dbt.type_string() }}) as changed_by,
        cast(null as {{ dbt.type_string() }}) as reason,
        value as before_value,
        remaining_value as after_value
    from deleted
    where remaining_value is null or remaining_value <> value
),

-- A sum without rows is 0 once its period has begun; a ratio without rows, and what nobody knows,
-- is unknown.
measured as (
    select
        changes.*,
        judged.metric,
        judged.level,
        judged.scenario,
        judged.period_type,
        judged.start_on,
        judged.end_on,
        judged.period_label,
        judged.is_accepted,
        judged.problem,
        judged.message_zh,
        judged.message_en,
        judged.source,
        judged.source_row,
        coalesce(scopes.scope_type, 'unknown') as scope_type,
        coalesce(scopes.scope_id, judged.holder_id) as scope_id,
        coalesce(metrics.direction = 'lower', false) as is_lower_better,
        judged.start_on <= {{ as_of() }} as is_started,
        case
            when
                metrics.aggregate <> 'ratio'
                and scopes.scope_type is not null
                and judged.start_on <= {{ as_of() }}
                then coalesce(actuals.actual, 0)
            else actuals.actual
        end as actual
    from changes
    inner join judged on changes.line = judged.line
    left join metrics on judged.metric = metrics.metric
    left join scopes on changes.line = scopes.line
    left join actuals
        on
            judged.metric = actuals.metric and scopes.scope_type = actuals.scope_type
            and scopes.scope_id = actuals.scope_id and judged.period_type = actuals.period_type
            and judged.start_on = actuals.period_start and judged.end_on = actuals.period_end
),

final as (
    select
        line as change_id,
        change_kind,
        metric,
        level,
        scenario,
        scope_type,
        scope_id,
        period_type,
        start_on as period_start,
        end_on as period_end,
        period_label,
        {{ money('before_value') }} as before_target,
        {{ money('after_value') }} as after_target,
        {{ money('after_value - before_value') }} as change_amount,
        changed_by,
        recorded_on,
        in_effect_on as effective_on,
        reason,
        {{ money('actual') }} as actual
        {%- for known, value in [('as_was', 'before_value'), ('as_is', 'after_value')] %},
        case
            when is_lower_better then {{ ratio(value, 'actual') }} else {{ ratio('actual', value) }}
        end
            as {{ known }}_attainment_rate,
        case
            when {{ value }} is null then 'no_target'
            when {{ value }} = 0 then 'zero_target'
            when not is_started then 'not_started'
            when actual is null or (is_lower_better and actual = 0) then 'no_actual'
        end as {{ known }}_attainment_rate_reason
        {%- endfor %},
        is_accepted,
        problem,
        message_zh as problem_zh,
        message_en as problem_en,
        source,
        source_row
    from measured
)

select * from final
