-- Grain: one row per pipeline, stage, cohort period, scope, source and workdays since entry (up to
-- 91)
-- The event table behind Aalen–Johansen: who comes under observation, advances, is lost, is still
-- open. Cohorts are months, quarters, and for each quarter the four quarters before it (baseline).
{% set horizon = 90 %}
{% set cell = 'pipeline, stage, scope_no, lead_source' %}
with

entries as (
    select * from {{ ref('int_funnel_entry') }}
    -- Who was never seen open says nothing about how long things take.
    where has_history
),

leaf_scopes as (
    select * from {{ ref('int_leaf_scope') }}
),

scopes as (
    select scope_no, scope_type, scope_id
    from leaf_scopes
    group by scope_no, scope_type, scope_id
),

periods as (
    select
        period_type,
        period_start,
        period_end,
        dense_rank() over (partition by period_type order by period_start) as period_no
    from {{ source('reference', 'period') }}
    where period_type in ('month', 'quarter')
),

-- Which period a month of entry lies in, and which four quarters each quarter is compared with:
-- small lists, so that the large steps below join on equal days.
quarter_months as (
    select months.period_start as month_start_on, quarters.period_start
    from periods as months
    inner join periods as quarters
        on
            months.period_type = 'month' and quarters.period_type = 'quarter'
            and months.period_start >= quarters.period_start
            and months.period_start <= quarters.period_end
),

baseline_quarters as (
    select earlier.period_start as quarter_start_on, quarters.period_start
    from periods as quarters
    inner join periods as earlier
        on
            quarters.period_type = 'quarter' and earlier.period_type = 'quarter'
            and quarters.period_no > earlier.period_no
            and earlier.period_no >= quarters.period_no - 4
),

moments as (
    select
        pipeline,
        stage,
        month_start_on,
        leaf_id,
        lead_source,
        risk_from_workdays as elapsed_workdays,
        1 as entered_count, 0 as advanced_count, 0 as lost_count, 0 as censored_count
        {%- for h in (30, 60, 90) %},
        case when age_workdays >= {{ h }} and risk_from_workdays < {{ h }} then 1 else 0 end
            as observed_{{ h }}_count
    {%- endfor %}
    from entries
    where risk_from_workdays <= {{ horizon }}
    union all
    select
        pipeline, stage, month_start_on, leaf_id, lead_source,
        least(elapsed_workdays, {{ horizon + 1 }}) as elapsed_workdays,
        0 as entered_count,
        case when result = 'advanced' and elapsed_workdays <= {{ horizon }} then 1 else 0 end
            as advanced_count,
        case when result = 'lost' and elapsed_workdays <= {{ horizon }} then 1 else 0 end
            as lost_count,
        case when result = 'open' or elapsed_workdays > {{ horizon }} then 1 else 0 end
            as censored_count,
        0 as observed_30_count, 0 as observed_60_count, 0 as observed_90_count
    from entries
    where risk_from_workdays <= {{ horizon }}
),

{% set sums %}
        sum(entered_count) as entered_count,
        sum(advanced_count) as advanced_count,
        sum(lost_count) as lost_count,
        sum(censored_count) as censored_count,
        sum(observed_30_count) as observed_30_count,
        sum(observed_60_count) as observed_60_count,
        sum(observed_90_count) as observed_90_count
{%- endset %}
leaf_months as (
    select
        pipeline, stage, month_start_on, leaf_id, lead_source, elapsed_workdays,
        {{ sums }}
    from moments
    group by pipeline, stage, month_start_on, leaf_id, lead_source, elapsed_workdays
),

sourced as (
    select
        leaf_months.pipeline, leaf_months.stage, leaf_months.month_start_on, leaf_scopes.scope_no,
        leaf_months.lead_source, leaf_months.elapsed_workdays,
        {{ sums }}
    from leaf_months
    inner join leaf_scopes on leaf_months.leaf_id = leaf_scopes.leaf_id
    group by 1, 2, 3, 4, 5, 6
),

scope_months as (
    select * from sourced
    union all
    select
        pipeline, stage, month_start_on, scope_no, '(all)' as lead_source, elapsed_workdays,
        {{ sums }}
    from sourced
    group by pipeline, stage, month_start_on, scope_no, elapsed_workdays
),

-- Which months of entry make up a cohort.
cohort_months as (
    select 'month' as cohort_type, period_start, period_start as month_start_on
    from periods
    where period_type = 'month'
    union all
    select 'quarter' as cohort_type, period_start, month_start_on
    from quarter_months
    union all
    select 'baseline' as cohort_type, baseline_quarters.period_start, quarter_months.month_start_on
    from baseline_quarters
    inner join quarter_months on baseline_quarters.quarter_start_on = quarter_months.period_start
),

month_sizes as (
    select {{ cell }}, month_start_on, sum(entered_count) as entered_count
    from scope_months
    group by {{ cell }}, month_start_on
),

-- No rate is published on fewer than ten deals: smaller cohorts need no curve.
sizes as (
    select
        {{ cell }}, cohort_months.cohort_type, cohort_months.period_start,
        sum(month_sizes.entered_count) as cohort_count,
        row_number()
            over (order by {{ cell }}, cohort_months.cohort_type, cohort_months.period_start)
            as cohort_no
    from month_sizes
    inner join cohort_months on month_sizes.month_start_on = cohort_months.month_start_on
    group by {{ cell }}, cohort_months.cohort_type, cohort_months.period_start
    having sum(month_sizes.entered_count) >= 10
),

-- One number stands for a cohort from here on: the many rows below are grouped by it, not by seven
-- columns.
size_months as (
    select {{ cell }}, sizes.cohort_no, cohort_months.month_start_on
    from sizes
    inner join cohort_months
        on
            sizes.cohort_type = cohort_months.cohort_type
            and sizes.period_start = cohort_months.period_start
),

cohorts as (
    select
        size_months.cohort_no, scope_months.elapsed_workdays,
        {{ sums }}
    from scope_months
    inner join size_months
        on
            scope_months.pipeline = size_months.pipeline and scope_months.stage = size_months.stage
            and scope_months.scope_no = size_months.scope_no
            and scope_months.lead_source = size_months.lead_source
            and scope_months.month_start_on = size_months.month_start_on
    group by size_months.cohort_no, scope_months.elapsed_workdays
),

final as (
    select
        sizes.pipeline,
        sizes.stage,
        scopes.scope_type,
        scopes.scope_id,
        sizes.lead_source,
        sizes.cohort_type,
        sizes.period_start,
        cohorts.elapsed_workdays,
        cohorts.entered_count,
        cohorts.advanced_count,
        cohorts.lost_count,
        cohorts.censored_count,
        cohorts.observed_30_count,
        cohorts.observed_60_count,
        cohorts.observed_90_count,
        sizes.cohort_count,
        sizes.cohort_no
    from cohorts
    inner join sizes on cohorts.cohort_no = sizes.cohort_no
    inner join scopes on sizes.scope_no = scopes.scope_no
)

select * from final
