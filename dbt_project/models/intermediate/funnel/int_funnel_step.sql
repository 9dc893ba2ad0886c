-- Grain: one row per pipeline, stage, cohort period, scope, source and workdays since entry (up to
-- 91)
-- The event table behind Aalen–Johansen: who comes under observation, advances, is lost, is still
-- open. Cohorts are months, quarters, and for each quarter the four quarters before it (baseline).
{% set horizon = 90 %}
{% set cell = 'place_no, scope_no' %}
with

named_entries as (
    select * from {{ ref('int_funnel_entry') }}
    -- Who was never seen open says nothing about how long things take.
    where has_history
),

leaf_scopes as (
    select leaf_no, scope_no from {{ ref('int_leaf_scope') }}
),

leaves as (
    select leaf_id, leaf_no from {{ ref('int_leaf_scope') }} group by leaf_id, leaf_no
),

scopes as (
    select * from {{ ref('int_scope') }}
),

-- Numbers stand for leaves, scopes, and for a stage's deals from one source or from all of them:
-- many rows are grouped by them.
stage_sources as (
    select pipeline, stage, lead_source
    from named_entries
    group by pipeline, stage, lead_source
    union all
    select pipeline, stage, '(all)' as lead_source
    from named_entries
    group by pipeline, stage
),

places as (
    select
        cast(row_number() over (order by pipeline, stage, lead_source) as integer) as place_no,
        pipeline, stage, lead_source
    from stage_sources
),

entries as (
    select
        places.place_no, leaves.leaf_no,
        named_entries.month_start_on, named_entries.risk_from_workdays, named_entries.age_workdays,
        named_entries.elapsed_workdays, named_entries.result
    from named_entries
    inner join leaves on named_entries.leaf_id = leaves.leaf_id
    inner join places
        on
            named_entries.pipeline = places.pipeline and named_entries.stage = places.stage
            and named_entries.lead_source = places.lead_source
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
        place_no,
        month_start_on,
        leaf_no,
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
        place_no, month_start_on, leaf_no,
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
        cast(sum(entered_count) as bigint) as entered_count,
        cast(sum(advanced_count) as bigint) as advanced_count,
        cast(sum(lost_count) as bigint) as lost_count,
        cast(sum(censored_count) as bigint) as censored_count,
        cast(sum(observed_30_count) as bigint) as observed_30_count,
        cast(sum(observed_60_count) as bigint) as observed_60_count,
        cast(sum(observed_90_count) as bigint) as observed_90_count
{%- endset %}
leaf_months as (
    select
        place_no, month_start_on, leaf_no, elapsed_workdays,
        {{ sums }}
    from moments
    group by place_no, month_start_on, leaf_no, elapsed_workdays
),

sourced as (
    select
        leaf_months.place_no, leaf_months.month_start_on, leaf_scopes.scope_no,
        leaf_months.elapsed_workdays,
        {{ sums }}
    from leaf_months
    inner join leaf_scopes on leaf_months.leaf_no = leaf_scopes.leaf_no
    group by 1, 2, 3, 4
),

wholes as (
    select places.place_no, whole.place_no as whole_no
    from places
    inner join places as whole
        on
            places.pipeline = whole.pipeline and places.stage = whole.stage
            and whole.lead_source = '(all)'
),

scope_months as (
    select * from sourced
    union all
    select
        wholes.whole_no as place_no, sourced.month_start_on, sourced.scope_no,
        sourced.elapsed_workdays,
        {{ sums }}
    from sourced
    inner join wholes on sourced.place_no = wholes.place_no
    group by wholes.whole_no, sourced.month_start_on, sourced.scope_no, sourced.elapsed_workdays
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
            scope_months.place_no = size_months.place_no
            and scope_months.scope_no = size_months.scope_no
            and scope_months.month_start_on = size_months.month_start_on
    group by size_months.cohort_no, scope_months.elapsed_workdays
),

final as (
    select
        places.pipeline,
        places.stage,
        scopes.scope_type,
        scopes.scope_id,
        places.lead_source,
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
    inner join places on sizes.place_no = places.place_no
    inner join scopes on sizes.scope_no = scopes.scope_no
)

select * from final
