-- Grain: one row per metric × level × scenario × period × scope
with

actual_days as (
    select * from {{ ref('int_metric_day') }}
),

leaf_scopes as (
    select * from {{ ref('int_leaf_scope') }}
),

target_days as (
    select * from {{ ref('int_target_day') }}
),

period_days as (
    select * from {{ ref('int_period_day') }}
),

company as (
    select * from {{ source('reference', 'company') }}
),

thresholds as (
    select * from {{ source('rules', 'status') }}
),

progress as (
    select
        period_type,
        period_start,
        count(case when is_workday then 1 end) as period_workdays,
        count(case when is_workday and date_day <= {{ as_of() }} then 1 end) as workdays_elapsed
    from period_days
    group by period_type, period_start
),

actuals as (
    select
        actual_days.metric,
        period_days.period_type,
        period_days.period_start,
        leaf_scopes.scope_type,
        leaf_scopes.scope_id,
        sum(actual_days.value) as actual
    from actual_days
    inner join leaf_scopes on actual_days.leaf_id = leaf_scopes.leaf_id
    inner join period_days on actual_days.event_on = period_days.date_day
    where actual_days.event_on <= {{ as_of() }}
    group by all
),

targets as (
    select
        target_days.metric,
        target_days.level,
        target_days.scenario,
        period_days.period_type,
        period_days.period_start,
        target_days.scope_type,
        target_days.scope_id,
        sum(target_days.value) as target,
        sum(case when target_days.date_day <= {{ as_of() }} then target_days.value else 0 end) as target_to_date
    from target_days
    inner join period_days on target_days.date_day = period_days.date_day
    group by all
),

-- The union of what has a target and what has an actual, so that neither side loses rows.
frame as (
    select metric, level, scenario, period_type, period_start, scope_type, scope_id from targets
    union
    select metric, 'base' as level, 'base' as scenario, period_type, period_start, scope_type, scope_id
    from actuals
),

scope_names as (
    select scope_type, scope_id, max(scope_name) as scope_name
    from leaf_scopes
    group by scope_type, scope_id
),

periods as (
    select * from {{ source('reference', 'period') }}
),

compared as (
    select
        frame.metric,
        frame.level,
        frame.scenario,
        frame.period_type,
        frame.period_start,
        periods.period_end,
        periods.period_label,
        frame.scope_type,
        frame.scope_id,
        coalesce(scope_names.scope_name, frame.scope_id) as scope_name,
        targets.target,
        coalesce(actuals.actual, 0) as actual,
        targets.target_to_date,
        progress.workdays_elapsed,
        progress.period_workdays - progress.workdays_elapsed as workdays_remaining,
        progress.period_workdays
    from frame
    inner join periods
        on frame.period_type = periods.period_type and frame.period_start = periods.period_start
    inner join progress
        on frame.period_type = progress.period_type and frame.period_start = progress.period_start
    left join targets
        on
            frame.metric = targets.metric and frame.level = targets.level and frame.scenario = targets.scenario
            and frame.period_type = targets.period_type and frame.period_start = targets.period_start
            and frame.scope_type = targets.scope_type and frame.scope_id = targets.scope_id
    left join actuals
        on
            frame.metric = actuals.metric
            and frame.period_type = actuals.period_type and frame.period_start = actuals.period_start
            and frame.scope_type = actuals.scope_type and frame.scope_id = actuals.scope_id
    left join scope_names
        on frame.scope_type = scope_names.scope_type and frame.scope_id = scope_names.scope_id
),

rated as (
    select
        compared.*,
        {{ ratio('actual', 'target') }} as attainment_rate,
        {{ ratio('actual', 'target_to_date') }} as pace_rate
    from compared
),

final as (
    select
        rated.metric,
        rated.level,
        rated.scenario,
        rated.period_type,
        rated.period_start,
        rated.period_end,
        rated.period_label,
        rated.scope_type,
        rated.scope_id,
        rated.scope_name,
        {{ money('rated.target') }} as target,
        {{ money('rated.actual') }} as actual,
        rated.attainment_rate,
        case
            when rated.target is null then 'no_target'
            when rated.target = 0 then 'zero_target'
        end as attainment_rate_reason,
        {{ money('rated.target_to_date') }} as target_to_date,
        rated.pace_rate,
        1 - rated.pace_rate as lag_rate,
        rated.pace_rate - 1 as deviation_rate,
        case
            when rated.target is null then 'no_target'
            when rated.target = 0 then 'zero_target'
            when rated.target_to_date = 0 then 'not_started'
        end as pace_rate_reason,
        cast({{ money('rated.target') }} - {{ money('rated.actual') }} as decimal(18, 2)) as gap,
        cast({{ money('rated.target_to_date') }} - {{ money('rated.actual') }} as decimal(18, 2)) as gap_to_date,
        rated.workdays_elapsed,
        rated.workdays_remaining,
        {{ money(ratio('rated.actual', 'rated.workdays_elapsed')) }} as run_rate,
        {{ money(ratio('greatest(rated.target - rated.actual, 0)', 'rated.workdays_remaining')) }}
            as required_run_rate,
        case
            when rated.target is null or rated.target = 0 then 'no_target'
            when rated.pace_rate is null then 'not_started'
            when
                rated.pace_rate < 1 - thresholds.behind_lag_rate
                and {{ ratio('rated.workdays_elapsed', 'rated.period_workdays') }} >= thresholds.grace_elapsed_rate
                then 'behind'
            when rated.pace_rate < 1 - thresholds.watch_lag_rate then 'watch'
            when rated.pace_rate > 1 + thresholds.ahead_rate then 'ahead'
            else 'normal'
        end as status,
        case when rated.metric = 'signed_amount' then company.signed_amount_source end as actual_source
    from rated
    cross join company
    cross join thresholds
)

select * from final
