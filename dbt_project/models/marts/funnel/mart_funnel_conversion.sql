-- Grain: one row per pipeline × from stage × cohort period (month, quarter) × scope × lead source
-- A cohort is the deals that first entered the stage in the period, once per attempt, credited to
-- whoever had them then. lead_source reads (all) where it is not broken down.
{% set cell = 'pipeline, stage, scope_no, lead_source' %}
with

entries as (
    select * from {{ ref('int_funnel_entry') }}
),

rates as (
    select * from {{ ref('int_funnel_rate') }}
),

leaf_scopes as (
    select * from {{ ref('int_leaf_scope') }}
),

scopes as (
    select * from {{ ref('int_scope') }}
),

periods as (
    select * from {{ source('reference', 'period') }} where period_type in ('month', 'quarter')
),

quarters as (
    select * from periods where period_type = 'quarter'
),

-- Joined on equal days below: the stays are many, the months few.
month_periods as (
    select months.period_start as month_start_on, periods.*
    from periods
    inner join periods as months
        on
            months.period_type = 'month'
            and periods.period_start <= months.period_start
            and periods.period_end >= months.period_start
),

quarter_of as (
    select periods.period_type, periods.period_start, quarters.period_start as quarter_start_on
    from periods
    inner join quarters
        on
            periods.period_start >= quarters.period_start
            and periods.period_start <= quarters.period_end
),

leaf_counts as (
    select
        pipeline,
        stage,
        stage_order,
        month_start_on,
        leaf_id,
        lead_source,
        count(*) as deal_count,
        sum(case when has_history then 1 else 0 end) as entered,
        sum(case when has_history and result = 'advanced' then 1 else 0 end) as advanced,
        sum(case when has_history and result = 'lost' then 1 else 0 end) as lost,
        sum(case when has_history and result = 'open' then 1 else 0 end) as still_open,
        sum(case when has_history and is_won then 1 else 0 end) as won,
        sum(case when has_history and is_next_visited then 1 else 0 end) as reached_visited,
        sum(case when has_history and age_workdays >= 90 then 1 else 0 end) as mature_entered,
        sum(case
            when
                has_history
                and age_workdays >= 90
                and result = 'advanced'
                and elapsed_workdays <= 90
                then 1
            else 0
        end) as mature_advanced,
        sum(case when result = 'lost' then 1 else 0 end) as all_lost,
        sum(case when result = 'open' then 1 else 0 end) as all_open,
        sum(case when is_won then 1 else 0 end) as all_won,
        sum(case when result = 'advanced' then 1 else 0 end) as all_advanced
    from entries
    group by pipeline, stage, stage_order, month_start_on, leaf_id, lead_source
),

{% set counted = [
    'deal_count', 'entered', 'advanced', 'lost', 'still_open', 'won', 'reached_visited',
    'mature_entered', 'mature_advanced', 'all_lost', 'all_open', 'all_won', 'all_advanced',
] %}
{% set sums %}
        max(stage_order) as stage_order,
        {% for column in counted %}
        sum({{ column }}) as {{ column }}{{ ",\n        " if not loop.last }}
        {% endfor %}
{%- endset %}
scope_months as (
    select
        leaf_counts.pipeline, leaf_counts.stage, leaf_scopes.scope_no, leaf_counts.lead_source,
        leaf_counts.month_start_on,
        {{ sums }}
    from leaf_counts
    inner join leaf_scopes on leaf_counts.leaf_id = leaf_scopes.leaf_id
    group by 1, 2, 3, 4, 5
),

sourced as (
    select * from scope_months
    union all
    select
        pipeline, stage, scope_no, '(all)' as lead_source, month_start_on,
        {{ sums }}
    from scope_months
    group by pipeline, stage, scope_no, month_start_on
),

-- Time in stage of those who left it for good.
leaf_stays as (
    select
        pipeline, stage, month_start_on, leaf_id, lead_source, stay_workdays, count(*) as left_count
    from entries
    where has_history and stay_workdays is not null
    group by pipeline, stage, month_start_on, leaf_id, lead_source, stay_workdays
),

scope_stays as (
    select
        leaf_stays.pipeline, leaf_stays.stage, leaf_scopes.scope_no, leaf_stays.lead_source,
        leaf_stays.month_start_on,
        leaf_stays.stay_workdays,
        sum(leaf_stays.left_count) as left_count
    from leaf_stays
    inner join leaf_scopes on leaf_stays.leaf_id = leaf_scopes.leaf_id
    group by 1, 2, 3, 4, 5, 6
),

sourced_stays as (
    select * from scope_stays
    union all
    select
        pipeline, stage, scope_no, '(all)' as lead_source, month_start_on, stay_workdays,
        sum(left_count) as left_count
    from scope_stays
    group by pipeline, stage, scope_no, month_start_on, stay_workdays
),

stays as (
    select
        {{ cell }}, month_periods.period_type, month_periods.period_start,
        sourced_stays.stay_workdays,
        sum(sourced_stays.left_count) as left_count
    from sourced_stays
    inner join month_periods on sourced_stays.month_start_on = month_periods.month_start_on
    group by
        {{ cell }}, month_periods.period_type, month_periods.period_start,
        sourced_stays.stay_workdays
),

-- The median and the 90 % point by counting up: exact, and no list of values is needed.
climbed as (
    select
        {{ cell }}, period_type, period_start, stay_workdays,
        sum(left_count) over (
            partition by {{ cell }}, period_type, period_start order by stay_workdays
            rows between unbounded preceding and current row
        ) as left_count,
        sum(left_count) over (partition by {{ cell }}, period_type, period_start) as all_left_count
    from stays
),

dwell as (
    select
        {{ cell }},
        period_type,
        period_start,
        (
            min(case when left_count * 2 >= all_left_count then stay_workdays end)
            + min(case when left_count * 2 > all_left_count then stay_workdays end)
        ) * 0.5 as median_stage_workdays,
        min(case when left_count * 10 >= all_left_count * 9 then stay_workdays end)
            as p90_stage_workdays
    from climbed
    group by {{ cell }}, period_type, period_start
),

cohorts as (
    select
        {{ cell }},
        month_periods.period_type,
        month_periods.period_start,
        max(month_periods.period_label) as period_label,
        {{ sums }}
    from sourced
    inner join month_periods on sourced.month_start_on = month_periods.month_start_on
    group by {{ cell }}, month_periods.period_type, month_periods.period_start
),

rated as (
    select
        cohorts.*,
        scopes.scope_type,
        scopes.scope_id,
        scopes.scope_name,
        cohorts.entered = 0 as has_no_history,
        dwell.median_stage_workdays,
        dwell.p90_stage_workdays
        {%- for h in (30, 60, 90) %},
        rates.rate_{{ h }},
        coalesce(rates.n_at_risk_{{ h }}, 0) as n_at_risk_{{ h }},
        coalesce(rates.n_observed_{{ h }}, 0) as n_observed_{{ h }},
        {{ cloglog_bound(
            'rates.rate_' ~ h, 'rates.variance_' ~ h, 'rates.n_observed_' ~ h, 'low'
        ) }}
            as ci_low_{{ h }},
        {{ cloglog_bound(
            'rates.rate_' ~ h, 'rates.variance_' ~ h, 'rates.n_observed_' ~ h, 'high'
        ) }}
            as ci_high_{{ h }},
        baselines.rate_{{ h }} as baseline_{{ h }}
    {%- endfor %}
    from cohorts
    inner join scopes on cohorts.scope_no = scopes.scope_no
    inner join quarter_of
        on
            cohorts.period_type = quarter_of.period_type
            and cohorts.period_start = quarter_of.period_start
    left join rates
        on
            cohorts.pipeline = rates.pipeline and cohorts.stage = rates.stage
            and scopes.scope_type = rates.scope_type and scopes.scope_id = rates.scope_id
            and cohorts.lead_source = rates.lead_source
            and cohorts.period_type = rates.cohort_type
            and cohorts.period_start = rates.period_start
    left join rates as baselines
        on
            cohorts.pipeline = baselines.pipeline and cohorts.stage = baselines.stage
            and scopes.scope_type = baselines.scope_type and scopes.scope_id = baselines.scope_id
            and cohorts.lead_source = baselines.lead_source
            and baselines.cohort_type = 'baseline'
            and quarter_of.quarter_start_on = baselines.period_start
    left join dwell
        on
            cohorts.pipeline = dwell.pipeline and cohorts.stage = dwell.stage
            and cohorts.scope_no = dwell.scope_no
            and cohorts.lead_source = dwell.lead_source
            and cohorts.period_type = dwell.period_type
            and cohorts.period_start = dwell.period_start
),

-- A young cohort is compared where it is old enough: at 90 workdays, else at 60, else at 30.
compared as (
    select
        rated.*,
        case
            when rate_90 is not null and baseline_90 is not null then 90
            when rate_60 is not null and baseline_60 is not null then 60
            when rate_30 is not null and baseline_30 is not null then 30
        end as baseline_horizon_workdays
    from rated
),

final as (
    select
        pipeline,
        stage as from_stage,
        cast(stage_order as bigint) as from_stage_order,
        period_type,
        period_start,
        period_label,
        scope_type,
        scope_id,
        scope_name,
        lead_source,
        -- Without any history the counts are of what was found; no rate is built on them.
        cast(case when has_no_history then deal_count else entered end as bigint) as entered,
        cast(case when has_no_history then all_advanced else advanced end as bigint) as advanced,
        cast(case when has_no_history then all_lost else lost end as bigint) as lost,
        cast(case when has_no_history then all_open else still_open end as bigint) as open,
        cast(case when has_no_history then all_won else won end as bigint) as won,
        cast(deal_count - entered as bigint) as without_history_count,
        cast(reached_visited as bigint) as reached_visited,
        cast(advanced as bigint) as reached_imputed,
        {{ rate(ratio('advanced', 'entered')) }} as plain_rate,
        cast(mature_entered as bigint) as mature_entered,
        cast(mature_advanced as bigint) as mature_advanced,
        {{ rate(ratio('mature_advanced', 'mature_entered')) }} as mature_rate,
        case
            when has_no_history then 'insufficient_history'
            when mature_entered = 0 then 'immature'
        end as mature_rate_reason,
        {{ rate('rate_30') }} as cohort_rate_30,
        {{ rate('ci_low_30') }} as ci_low_30,
        {{ rate('ci_high_30') }} as ci_high_30,
        cast(n_at_risk_30 as bigint) as n_at_risk_30,
        cast(n_observed_30 as bigint) as n_observed_30,
        {{ rate('rate_60') }} as cohort_rate_60,
        {{ rate('ci_low_60') }} as ci_low_60,
        {{ rate('ci_high_60') }} as ci_high_60,
        cast(n_at_risk_60 as bigint) as n_at_risk_60,
        cast(n_observed_60 as bigint) as n_observed_60,
        {{ rate('rate_90') }} as cohort_rate_90,
        {{ rate('ci_low_90') }} as ci_low,
        {{ rate('ci_high_90') }} as ci_high,
        cast(n_at_risk_90 as bigint) as n_at_risk,
        cast(n_observed_90 as bigint) as n_observed,
        case
            when has_no_history then 'insufficient_history'
            when rate_90 is not null then null
            when mature_entered = 0 then 'immature'
            else 'few_at_risk'
        end as reason,
        cast(baseline_horizon_workdays as bigint) as baseline_horizon_workdays,
        {{ rate(at_horizon('baseline')) }} as baseline_rate,
        {{ rate(at_horizon('rate') ~ ' - ' ~ at_horizon('baseline')) }} as rate_deviation,
        coalesce(
            ({{ at_horizon('ci_high') }}) < ({{ at_horizon('baseline') }}), false
        ) as is_sudden_drop,
        entered < 10 as is_small,
        cast(median_stage_workdays as double) as median_stage_workdays,
        cast(p90_stage_workdays as double) as p90_stage_workdays
    from compared
)

select * from final
