-- Grain: one row per metric × level × scenario × period × scope that has a target or an actual
-- So that neither side loses rows; an actual without a target stands at level base, scenario base.
-- A view: one model alone reads it, and its rows are as many as the mart's.
{{ config(materialized='view') }}
with

targets as (
    select * from {{ ref('int_target_scope_period') }}
),

actuals as (
    select * from {{ ref('int_actual_scope_period') }}
),

periods as (
    select * from {{ ref('int_target_period') }}
),

keys as (
    select metric, level, scenario, period_type, period_start, period_end, scope_type, scope_id from targets
    union
    select metric, 'base' as level, 'base' as scenario, period_type, period_start, period_end, scope_type, scope_id
    from actuals
    where actual is not null
),

final as (
    select
        keys.*,
        periods.period_label,
        periods.period_workdays,
        periods.workdays_elapsed,
        periods.is_started,
        periods.is_closed,
        targets.target,
        targets.target_to_date,
        coalesce(targets.is_spread, true) as is_spread,
        actuals.actual,
        actuals.actual is not null as has_actual,
        actuals.prior_actual,
        actuals.prior_year_actual,
        actuals.actual_numerator,
        actuals.actual_denominator
    from keys
    inner join periods
        on
            keys.period_type = periods.period_type and keys.period_start = periods.period_start
            and keys.period_end = periods.period_end
    left join targets
        on
            keys.metric = targets.metric and keys.level = targets.level and keys.scenario = targets.scenario
            and keys.period_type = targets.period_type and keys.period_start = targets.period_start
            and keys.period_end = targets.period_end
            and keys.scope_type = targets.scope_type and keys.scope_id = targets.scope_id
    left join actuals
        on
            keys.metric = actuals.metric
            and keys.period_type = actuals.period_type and keys.period_start = actuals.period_start
            and keys.period_end = actuals.period_end
            and keys.scope_type = actuals.scope_type and keys.scope_id = actuals.scope_id
)

select * from final
