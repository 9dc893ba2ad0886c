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

-- The same actual stands beside every level and scenario.
aimed as (
    select
        targets.metric, targets.level, targets.scenario,
        targets.period_type,
        targets.period_start,
        targets.period_end,
        targets.scope_type,
        targets.scope_id,
        targets.target, targets.target_to_date, targets.is_spread,
        actuals.actual, actuals.prior_actual, actuals.prior_year_actual,
        actuals.actual_numerator, actuals.actual_denominator
    from targets
    left join actuals
        on
            targets.metric = actuals.metric
            and targets.period_type = actuals.period_type
            and targets.period_start = actuals.period_start
            and targets.period_end = actuals.period_end
            and targets.scope_type = actuals.scope_type and targets.scope_id = actuals.scope_id
),

unaimed as (
    select
        actuals.metric, 'base' as level, 'base' as scenario,
        actuals.period_type,
        actuals.period_start,
        actuals.period_end,
        actuals.scope_type,
        actuals.scope_id,
        cast(null as decimal(38, 6)) as target,
        cast(null as decimal(38, 6)) as target_to_date,
        true as is_spread,
        actuals.actual, actuals.prior_actual, actuals.prior_year_actual,
        actuals.actual_numerator, actuals.actual_denominator
    from actuals
    left join targets
        on
            targets.level = 'base' and targets.scenario = 'base'
            and actuals.metric = targets.metric
            and actuals.period_type = targets.period_type
            and actuals.period_start = targets.period_start
            and actuals.period_end = targets.period_end
            and actuals.scope_type = targets.scope_type and actuals.scope_id = targets.scope_id
    where actuals.actual is not null and targets.metric is null
),

both_sides as (
    select * from aimed
    union all
    select * from unaimed
),

final as (
    select
        both_sides.metric,
        both_sides.level,
        both_sides.scenario,
        both_sides.period_type,
        both_sides.period_start,
        both_sides.period_end,
        both_sides.scope_type,
        both_sides.scope_id,
        periods.period_label,
        periods.period_workdays,
        periods.workdays_elapsed,
        periods.is_started,
        periods.is_closed,
        both_sides.target,
        both_sides.target_to_date,
        both_sides.is_spread,
        both_sides.actual,
        both_sides.actual is not null as has_actual,
        both_sides.prior_actual,
        both_sides.prior_year_actual,
        both_sides.actual_numerator,
        both_sides.actual_denominator
    from both_sides
    inner join periods
        on
            both_sides.period_type = periods.period_type
            and both_sides.period_start = periods.period_start
            and both_sides.period_end = periods.period_end
)

select * from final
