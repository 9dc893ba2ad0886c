-- Cohorts of deals that entered a stage: what became of them, and Aalen–Johansen rates at 30, 60 and 90 workdays.
create table quarter_of_month as
select month_start_on, quarter_start_on, dense_rank() over (order by quarter_start_on) as quarter_no
from marts.dim_date group by month_start_on, quarter_start_on;

-- Counts by scope, cohort and workdays until something happened (91: later than 90).
create table curve_cell as
with leaf_month as (
    select stage_order, month_start_on, leaf_no, lead_source, least(elapsed_workdays, 91)::int as t, count(*) as n,
        count(*) filter (result = 'advanced' and elapsed_workdays <= 90) as advanced,
        count(*) filter (result = 'lost' and elapsed_workdays <= 90) as lost,
        count(*) filter (age_workdays >= 30) as observed_30, count(*) filter (age_workdays >= 60) as observed_60,
        count(*) filter (age_workdays >= 90) as observed_90
    from entry group by all
),
scope_month as (
    select stage_order, month_start_on, scope_no, coalesce(lead_source, '(all)') as lead_source, t, sum(n) as n,
        sum(advanced) as advanced, sum(lost) as lost, sum(observed_30) as observed_30, sum(observed_60) as observed_60,
        sum(observed_90) as observed_90
    from leaf_month inner join leaf_scope using (leaf_no)
    group by grouping sets (
        (stage_order, month_start_on, scope_no, t, lead_source), (stage_order, month_start_on, scope_no, t)
    )
),
scope_quarter as (
    select stage_order, quarter_start_on, quarter_no, scope_no, lead_source, t, sum(n) as n, sum(advanced) as advanced,
        sum(lost) as lost, sum(observed_30) as observed_30, sum(observed_60) as observed_60, sum(observed_90) as observed_90
    from scope_month inner join quarter_of_month using (month_start_on)
    group by all
),
quarters as (
    select quarter_no, quarter_start_on from quarter_of_month group by all
),
cohorts as (
    select 'month' as cohort_type, month_start_on as period_start, * exclude (month_start_on) from scope_month
    union all by name
    select 'quarter' as cohort_type, quarter_start_on as period_start, * exclude (quarter_start_on, quarter_no) from scope_quarter
    union all by name
    select 'baseline' as cohort_type, quarters.quarter_start_on as period_start, stage_order, scope_no, lead_source, t,
        sum(n) as n, sum(advanced) as advanced, sum(lost) as lost, sum(observed_30) as observed_30,
        sum(observed_60) as observed_60, sum(observed_90) as observed_90
    from scope_quarter
    inner join quarters
        on scope_quarter.quarter_no < quarters.quarter_no and scope_quarter.quarter_no >= quarters.quarter_no - 4
    group by all
)
select *, (sum(n) over cohort)::double as total, (coalesce(sum(n) over before, 0))::double as gone
from cohorts
window
    cohort as (partition by cohort_type, period_start, stage_order, scope_no, lead_source),
    before as (partition by cohort_type, period_start, stage_order, scope_no, lead_source order by t
        rows between unbounded preceding and 1 preceding)
qualify total >= 10;

create table curve_rate as
with hazard as (
    select *, total - gone as at_risk, (advanced + lost)::double as happened,
        case when happened < at_risk then ln(1 - happened / at_risk) end as log_survival
    from curve_cell
),
survived as (
    select *,
        case when coalesce(max((happened >= at_risk)::int) over before, 0) = 1 then 0
            else exp(coalesce(sum(log_survival::decimal(38, 18)) over before, 0)::double) end as survival
    from hazard
    window before as (partition by cohort_type, period_start, stage_order, scope_no, lead_source order by t
        rows between unbounded preceding and 1 preceding)
),
incidence as (
    select *,
        (sum((survival * advanced / at_risk)::decimal(38, 18)) over (
            partition by cohort_type, period_start, stage_order, scope_no, lead_source order by t rows unbounded preceding
        ))::double as f
    from survived
),
ends as (
    select *,
        max(case when t <= 30 then f else 0 end) over cohort as f30, max(case when t <= 60 then f else 0 end) over cohort as f60,
        max(case when t <= 90 then f else 0 end) over cohort as f90,
        coalesce(happened / nullif(at_risk * (at_risk - happened), 0), 0) as greenwood,
        survival * advanced / (at_risk * at_risk) as covariance,
        survival * survival * advanced * (at_risk - advanced) / (at_risk * at_risk * at_risk) as binomial
    from incidence
    window cohort as (partition by cohort_type, period_start, stage_order, scope_no, lead_source)
)
select
    cohort_type, period_start, stage_order, scope_no, lead_source,
    sum(observed_30) as n_observed_30, sum(observed_60) as n_observed_60, sum(observed_90) as n_observed_90,
    max(total) - sum(case when t < 30 then n else 0 end) as n_at_risk_30,
    max(total) - sum(case when t < 60 then n else 0 end) as n_at_risk_60,
    max(total) - sum(case when t < 90 then n else 0 end) as n_at_risk_90,
    case when n_observed_30 >= 10 then published_rate(max(f30)) end as rate_30,
    case when n_observed_60 >= 10 then published_rate(max(f60)) end as rate_60,
    case when n_observed_90 >= 10 then published_rate(max(f90)) end as rate_90,
    sum(case when t <= 30 then (f30 - f) * (f30 - f) * greenwood + binomial - 2 * (f30 - f) * covariance else 0 end) as variance_30,
    sum(case when t <= 60 then (f60 - f) * (f60 - f) * greenwood + binomial - 2 * (f60 - f) * covariance else 0 end) as variance_60,
    sum(case when t <= 90 then (f90 - f) * (f90 - f) * greenwood + binomial - 2 * (f90 - f) * covariance else 0 end) as variance_90
from ends
group by 1, 2, 3, 4, 5;
drop table curve_cell;

create macro bound(rate, variance, n, z) as case
    when rate is null then null
    when rate <= 0 then case when z < 0 then 0 else 1 - power(0.025, 1 / n) end
    when rate >= 1 then case when z < 0 then power(0.025, 1 / n) else 1 end
    else 1 - power(1 - rate, exp(z * 1.959963984540054 * sqrt(greatest(variance, 0)) / abs((1 - rate) * ln(1 - rate))))
end;

create table marts.mart_funnel_conversion as
with leaf_month as (
    select stage_order, month_start_on, leaf_no, lead_source, stay_workdays, count(*) as entered,
        count(*) filter (result = 'advanced') as advanced, count(*) filter (result = 'lost') as lost,
        count(*) filter (result = 'open') as still_open, count(*) filter (is_won) as won,
        count(*) filter (is_next_visited) as reached_visited, count(*) filter (age_workdays >= 90) as mature_entered,
        count(*) filter (age_workdays >= 90 and result = 'advanced' and elapsed_workdays <= 90) as mature_advanced
    from entry group by all
),
scope_month as (
    select stage_order, month_start_on, scope_no, coalesce(lead_source, '(all)') as lead_source, stay_workdays,
        sum(entered) as entered, sum(advanced) as advanced, sum(lost) as lost, sum(still_open) as still_open,
        sum(won) as won, sum(reached_visited) as reached_visited, sum(mature_entered) as mature_entered,
        sum(mature_advanced) as mature_advanced
    from leaf_month inner join leaf_scope using (leaf_no)
    group by grouping sets (
        (stage_order, month_start_on, scope_no, stay_workdays, lead_source), (stage_order, month_start_on, scope_no, stay_workdays)
    )
),
stays as (
    select 'month' as period_type, month_start_on as period_start, month_start_on as month_on, * exclude (month_start_on)
    from scope_month
    union all by name
    select 'quarter' as period_type, quarter_start_on as period_start, quarter_start_on as month_on, stage_order, scope_no, lead_source,
        stay_workdays, sum(entered) as entered, sum(advanced) as advanced, sum(lost) as lost, sum(still_open) as still_open,
        sum(won) as won, sum(reached_visited) as reached_visited, sum(mature_entered) as mature_entered,
        sum(mature_advanced) as mature_advanced
    from scope_month inner join quarter_of_month using (month_start_on)
    group by all
),
climbed as (
    select *,
        sum(case when stay_workdays is not null then entered end) over (cell order by stay_workdays nulls last) as reached,
        sum(case when stay_workdays is not null then entered end) over cell as total
    from stays
    window cell as (partition by period_type, period_start, stage_order, scope_no, lead_source)
),
cohorts as (
    select period_type, period_start, date_trunc('quarter', max(month_on))::date as quarter_on, stage_order, scope_no, lead_source,
        sum(entered) as entered, sum(advanced) as advanced, sum(lost) as lost, sum(still_open) as still_open, sum(won) as won,
        sum(reached_visited) as reached_visited, sum(mature_entered) as mature_entered, sum(mature_advanced) as mature_advanced,
        (min(stay_workdays) filter (reached * 2 >= total) + min(stay_workdays) filter (reached * 2 > total)) * 0.5 as median_workdays,
        min(stay_workdays) filter (reached * 10 >= total * 9) as p90_workdays
    from climbed
    group by period_type, period_start, stage_order, scope_no, lead_source
),
rated as (
    select cohorts.*, rates.rate_30, rates.rate_60, rates.rate_90,
        coalesce(rates.n_at_risk_30, 0) as n_at_risk_30, coalesce(rates.n_at_risk_60, 0) as n_at_risk_60,
        coalesce(rates.n_at_risk_90, 0) as n_at_risk_90, coalesce(rates.n_observed_30, 0) as n_observed_30,
        coalesce(rates.n_observed_60, 0) as n_observed_60, coalesce(rates.n_observed_90, 0) as n_observed_90,
        bound(rates.rate_30, rates.variance_30, rates.n_observed_30, -1) as low_30,
        bound(rates.rate_30, rates.variance_30, rates.n_observed_30, 1) as high_30,
        bound(rates.rate_60, rates.variance_60, rates.n_observed_60, -1) as low_60,
        bound(rates.rate_60, rates.variance_60, rates.n_observed_60, 1) as high_60,
        bound(rates.rate_90, rates.variance_90, rates.n_observed_90, -1) as low_90,
        bound(rates.rate_90, rates.variance_90, rates.n_observed_90, 1) as high_90,
        case
            when rates.rate_90 is not null and former.rate_90 is not null then 90
            when rates.rate_60 is not null and former.rate_60 is not null then 60
            when rates.rate_30 is not null and former.rate_30 is not null then 30
        end as horizon,
        case horizon when 90 then former.rate_90 when 60 then former.rate_60 when 30 then former.rate_30 end as baseline,
        case horizon when 90 then rates.rate_90 when 60 then rates.rate_60 when 30 then rates.rate_30 end as compared,
        case horizon when 90 then high_90 when 60 then high_60 when 30 then high_30 end as compared_high
    from cohorts
    left join curve_rate as rates
        on cohorts.period_type = rates.cohort_type and cohorts.period_start = rates.period_start
        and cohorts.stage_order = rates.stage_order and cohorts.scope_no = rates.scope_no
        and cohorts.lead_source = rates.lead_source
    left join curve_rate as former
        on former.cohort_type = 'baseline' and cohorts.quarter_on = former.period_start
        and cohorts.stage_order = former.stage_order and cohorts.scope_no = former.scope_no
        and cohorts.lead_source = former.lead_source
)
select
    'default' as pipeline, stage as from_stage, rated.stage_order::bigint as from_stage_order, period_type, period_start, period_label,
    scope_type, scope_id, scope_name, lead_source, entered::bigint as entered, advanced::bigint as advanced, lost::bigint as lost,
    still_open::bigint as open, won::bigint as won, 0::bigint as without_history_count,
    reached_visited::bigint as reached_visited, advanced::bigint as reached_imputed,
    published_rate(divided(advanced, entered)) as plain_rate, mature_entered::bigint as mature_entered,
    mature_advanced::bigint as mature_advanced, published_rate(divided(mature_advanced, mature_entered)) as mature_rate,
    case when mature_entered = 0 then 'immature' end as mature_rate_reason,
    published_rate(rate_30) as cohort_rate_30, published_rate(low_30) as ci_low_30, published_rate(high_30) as ci_high_30,
    n_at_risk_30::bigint as n_at_risk_30, n_observed_30::bigint as n_observed_30,
    published_rate(rate_60) as cohort_rate_60, published_rate(low_60) as ci_low_60, published_rate(high_60) as ci_high_60,
    n_at_risk_60::bigint as n_at_risk_60, n_observed_60::bigint as n_observed_60,
    published_rate(rate_90) as cohort_rate_90, published_rate(low_90) as ci_low, published_rate(high_90) as ci_high,
    n_at_risk_90::bigint as n_at_risk, n_observed_90::bigint as n_observed,
    case when rate_90 is not null then null when mature_entered = 0 then 'immature' else 'few_at_risk' end as reason,
    horizon::bigint as baseline_horizon_workdays, published_rate(baseline) as baseline_rate,
    published_rate(compared - baseline) as rate_deviation, coalesce(compared_high < baseline, false) as is_sudden_drop,
    entered < 10 as is_small, median_workdays::double as median_stage_workdays, p90_workdays::double as p90_stage_workdays
from rated
inner join period using (period_type, period_start)
inner join scope using (scope_no)
inner join stage on rated.stage_order = stage.stage_order;
