-- Grain: one row per pipeline × from stage × cohort period (month, quarter) × scope
-- A cohort is the deals that first entered the stage in the period; a skipped stage counts as passed
-- in reached_imputed_count only.
with

opportunities as (
    select * from {{ ref('fct_opportunity') }}
),

visits as (
    select * from {{ ref('fct_stage_visit') }}
),

stages as (
    select * from {{ source('reference', 'stage') }}
),

leaf_scopes as (
    select * from {{ ref('int_leaf_scope') }}
),

period_days as (
    select * from {{ ref('int_period_day') }}
),

first_entries as (
    select
        opportunity_id,
        pipeline,
        stage,
        stage_order,
        min(entered_on) as entered_on
    from visits
    where outcome = 'open' and precision = 'event'
    group by opportunity_id, pipeline, stage, stage_order
),

furthest as (
    select
        opportunity_id,
        max(case when outcome = 'lost' then 0 else stage_order end) as furthest_order
    from visits
    where precision = 'event'
    group by opportunity_id
),

entered as (
    select
        {{ leaf_id('opportunities') }} as leaf_id,
        first_entries.pipeline,
        first_entries.stage,
        first_entries.stage_order,
        first_entries.entered_on,
        furthest.furthest_order > first_entries.stage_order as has_advanced,
        opportunities.outcome = 'lost' and furthest.furthest_order <= first_entries.stage_order as is_lost
    from first_entries
    inner join opportunities on first_entries.opportunity_id = opportunities.opportunity_id
    inner join furthest on first_entries.opportunity_id = furthest.opportunity_id
),

cohorts as (
    select
        entered.pipeline,
        entered.stage,
        entered.stage_order,
        period_days.period_type,
        period_days.period_start,
        period_days.period_label,
        leaf_scopes.scope_type,
        leaf_scopes.scope_id,
        max(leaf_scopes.scope_name) as scope_name,
        count(*) as entered,
        count(case when entered.has_advanced then 1 end) as advanced,
        count(case when entered.is_lost then 1 end) as lost
    from entered
    inner join leaf_scopes on entered.leaf_id = leaf_scopes.leaf_id
    inner join period_days on entered.entered_on = period_days.date_day
    where period_days.period_type in ('month', 'quarter')
    group by
        entered.pipeline, entered.stage, entered.stage_order, period_days.period_type,
        period_days.period_start, period_days.period_label, leaf_scopes.scope_type, leaf_scopes.scope_id
),

final as (
    select
        cohorts.pipeline,
        cohorts.stage as from_stage,
        cohorts.stage_order as from_stage_order,
        cohorts.period_type,
        cohorts.period_start,
        cohorts.period_label,
        cohorts.scope_type,
        cohorts.scope_id,
        cohorts.scope_name,
        cohorts.entered,
        cohorts.advanced,
        cohorts.lost,
        cohorts.entered - cohorts.advanced - cohorts.lost as open,
        {{ ratio('cohorts.advanced', 'cohorts.entered') }} as plain_rate
    from cohorts
    inner join stages on cohorts.pipeline = stages.pipeline and cohorts.stage = stages.stage
    where not stages.is_after_sale
)

select * from final
