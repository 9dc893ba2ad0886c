-- What people did: records and how good they are, load, figures against process targets, scores, incentives, the day's brief.
create table marts.mart_followup_quality as
with judged as (
    select person_id, date_trunc('week', occurred_at)::date as week_start_on, coalesce(content in ('已联系'), false) as is_stop,
        coalesce(length(trim(content)) >= 10 and not is_stop, false) as has_content
    from src_activity where occurred_at::date <= getvariable('as_of')
),
counted as (
    -- Nobody notes what the customer said, what comes next or when he wrote it down: no record is complete.
    select person_id, week_start_on, count(*) as n, count(*) filter (has_content) as content, count(*) filter (is_stop) as stops
    from judged group by all
)
select person_id, people.name as person_name, people.manager_id, week_start_on, strftime(week_start_on, '%G-W%V') as week,
    n as record_count, 0::bigint as complete_count, 0::double as complete_rate, n as time_count, 1::double as time_rate,
    n as method_count, 1::double as method_rate, content as content_count, divided(content, n) as content_rate,
    0::bigint as feedback_count, 0::double as feedback_rate, 0::bigint as next_step_count, 0::double as next_step_rate,
    stops as stop_phrase_count, 0::bigint as timed_count, 0::bigint as within_24_hours_count, null::double as within_24_hours_rate,
    null::double as entry_lag_p50_hours, null::double as entry_lag_p90_hours, 'no_entry_time' as entry_lag_reason,
    rules_version() as rules_version
from counted inner join src_people as people using (person_id);

create table marts.mart_adoption as
with recorded as (
    select person_id, on_day, sum(n) as n
    from (
        select person_id, occurred_at::date as on_day, count(*) as n from src_activity group by all
        union all select person_id, issued_on, count(*) from src_quote group by all
        union all select changed_by, changed_at::date, count(*) from src_event group by all
    )
    where on_day <= getvariable('as_of') group by all
),
served as (
    select people.person_id, people.name, people.manager_id, week_start_on, week_label, count(*) filter (is_workday) as workdays,
        count(recorded.n) filter (is_workday) as active, coalesce(sum(recorded.n), 0) as n
    from src_people as people
    inner join marts.dim_date
        on date_day >= greatest((select min(on_day) from recorded), hired_on)
        and date_day <= least(getvariable('as_of'), left_on)
    left join recorded on people.person_id = recorded.person_id and date_day = on_day
    group by all
)
select person_id, name as person_name, manager_id, week_start_on, week_label as week, workdays as service_workdays,
    active as active_workdays, divided(active, workdays) as active_day_rate, if(workdays = 0, 'no_workdays', null) as active_day_rate_reason,
    n::bigint as record_count, null::double as entry_lag_p50_hours, null::double as within_24_hours_rate,
    if(record_count is null, 'no_records', entry_lag_reason) as entry_lag_reason, rules_version() as rules_version
from served
left join (select person_id, week_start_on, record_count, entry_lag_reason from marts.mart_followup_quality) as quality
    using (person_id, week_start_on);

-- Which columns are filled. What could be filled is what the landing knows of an entity.
create table filled_column as
select 'people' as entity, field, n, filled from (select count(*) as n, count(columns(*)) from src_people) unpivot (filled for field in (* exclude (n)))
union all select 'org_units', field, n, filled from (select count(*) as n, count(columns(*)) from src_org) unpivot (filled for field in (* exclude (n)))
union all select 'person_assignments', field, n, filled
from (select count(*) as n, count(columns(*)) from src_assignment) unpivot (filled for field in (* exclude (n)))
union all select 'fx_rates', field, n, filled from (select count(*) as n, count(columns(*)) from src_fx) unpivot (filled for field in (* exclude (n)))
union all select 'accounts', field, n, filled from (select count(*) as n, count(columns(*)) from src_account) unpivot (filled for field in (* exclude (n)))
union all select 'opportunities', field, n, filled from (select count(*) as n, count(columns(*)) from src_deal) unpivot (filled for field in (* exclude (n)))
union all select 'stage_events', field, n, filled from (select count(*) as n, count(columns(*)) from src_event) unpivot (filled for field in (* exclude (n)))
union all select 'activities', field, n, filled from (select count(*) as n, count(columns(*)) from src_activity) unpivot (filled for field in (* exclude (n)))
union all select 'leads', field, n, filled from (select count(*) as n, count(columns(*)) from src_lead) unpivot (filled for field in (* exclude (n)))
union all select 'quotes', field, n, filled from (select count(*) as n, count(columns(*)) from src_quote) unpivot (filled for field in (* exclude (n)))
union all select 'orders', field, n, filled from (select count(*) as n, count(columns(*)) from src_order) unpivot (filled for field in (* exclude (n)))
union all select 'receivables', field, n, filled from (select count(*) as n, count(columns(*)) from src_receivable) unpivot (filled for field in (* exclude (n)))
union all select 'payments', field, n, filled from (select count(*) as n, count(columns(*)) from src_payment) unpivot (filled for field in (* exclude (n)));

create table marts.mart_adoption_field as
with known as (
    select table_name as entity, column_name as field from duckdb_columns()
    where database_name = 'night' and schema_name = 'landed'
        and column_name not in ('source', 'source_kind', 'source_row', 'landed_at', 'landed_on', 'is_reconstructed', 'extra')
),
counts as (
    select known.*, totals.n, coalesce(filled, 0) as filled
    from known
    inner join (select distinct entity, n from filled_column) as totals using (entity)
    left join filled_column using (entity, field)
    -- The day of a moment is the moment's.
    anti join known as moments
        on known.entity = moments.entity and known.field like '%\_on' escape '\' and moments.field = known.field[:-4] || '_at'
)
select entity as source, entity, field, n as record_count, filled as filled_count, divided(filled, n) as fill_rate,
    filled = 0 as is_never_filled, filled < 0.05 * n as is_rarely_filled, rules_version() as rules_version
from counts;

create table marts.mart_workload as
with owned as (
    select owner_id as person_id, tier, 0 as leads, count(*) as customers from marts.dim_customer where state = 'active' group by 1, 2
    union all
    select person_id, 'C', count(*), 0 from marts.fct_lead
    where is_valid and customer_id = 'unknown' and status = 'working' group by 1
),
summed as (
    select person_id, sum(leads)::bigint as leads, sum(customers)::bigint as customers,
        coalesce(sum(customers) filter (tier = 'A'), 0)::bigint as a, coalesce(sum(customers) filter (tier = 'B'), 0)::bigint as b,
        coalesce(sum(customers) filter (tier = 'C'), 0)::bigint as c,
        sum(divided(customers + leads, case tier when 'A' then 5 when 'B' then 10 else 22 end)::decimal(18, 9)) as load
    from owned group by 1
),
placed as (
    select summed.*, people.name, people.manager_id, coalesce(spot.team, 'unknown') as team,
        quantile_cont(load::double, 0.5) over (partition by coalesce(spot.team, 'unknown')) as median
    from summed
    inner join src_people as people using (person_id)
    left join place_today() as spot using (person_id)
    where left_on is null or left_on >= getvariable('as_of')
)
select person_id, name as person_name, manager_id, team, leads as open_lead_count, customers as customer_count, a as tier_a_count,
    b as tier_b_count, c as tier_c_count, round((load * week_workdays)::double, 6) as contacts_required_week, week_workdays,
    round(load::double, 6) as load_per_workday, round(median, 6) as team_median_load, divided(load, median) as load_ratio,
    if(median = 0, 'no_load_in_team', null) as load_ratio_reason, coalesce(round(divided(load, median), 9) > 1.5, false) as is_workload_high,
    rules_version() as rules_version
from placed
cross join (
    select count(*) as week_workdays from marts.dim_date
    where is_workday and week_start_on = date_trunc('week', getvariable('as_of'))::date
);

create table marts.mart_process_kpi as
with spread as (
    select metric, scope_id as person_id, period_start as week_start_on, target::double as target, target_to_date::double as due,
        coalesce(actual, 0)::double as actual, status, null::bigint as above, null::bigint as below
    from marts.mart_target_attainment
    where scope_type = 'person' and period_type = 'week' and is_in_force and period_start <= getvariable('as_of')
        and metric in ('call_count', 'visit_count', 'quote_count', 'valid_lead_count', 'stage_advance_count', 'effective_contact_count')
),
-- A customers followed are asked for by the day: the same customer counts again on the next.
followed as (
    select person_id, occurred_on, count(distinct customer_id) as n from marts.fct_activity
    where is_qualifying and tier = 'A' group by all
),
asked as (
    select person_id, week_start_on, 8 * count(*) as target
    from src_people inner join place using (person_id)
    inner join marts.dim_date
        on date_day >= place.valid_from and date_day < place.valid_before and date_day >= hired_on
        and date_day <= coalesce(left_on, getvariable('as_of'))
    where is_workday and date_day <= getvariable('as_of') and date_day > (getvariable('as_of') - interval 12 month)::date
        and date_day >= (select min(occurred_on) from followed)
    group by all
),
followed_week as (
    select person_id, date_trunc('week', occurred_on)::date as week_start_on, sum(n) as n from followed
    where occurred_on > (getvariable('as_of') - interval 12 month)::date group by all
),
in_hand as (
    select distinct opportunity_id, person_id, date_trunc('week', valid_from)::date
        + 7 * unnest(range((least(valid_before - 1, getvariable('as_of')) - date_trunc('week', valid_from)::date) // 7 + 1))::int
        as week_start_on
    from segment inner join (select leaf_no, person_id from leaf) using (leaf_no) where standing = 'open'
),
moved as (
    select distinct opportunity_id, date_trunc('week', entered_on)::date as week_start_on
    from marts.fct_stage_visit where is_advance and visit_no > 1
),
advances as (
    select person_id, week_start_on, count(moved.opportunity_id) as above, count(*) as below
    from in_hand left join moved using (opportunity_id, week_start_on) group by all
),
every_row as (
    from spread
    union all
    select 'high_potential_followed_count', person_id, week_start_on, target, target, coalesce(n, 0), null, null, null
    from asked full join followed_week using (person_id, week_start_on)
    union all
    select 'advance_rate', person_id, week_start_on, null, null, divided(above, below), null, above, below from advances
)
select every_row.person_id, coalesce(people.name, every_row.person_id) as person_name, people.manager_id, week_start_on,
    strftime(week_start_on, '%G-W%V') as week, metric, if(metric = 'advance_rate', 'rate', 'count') as unit, target,
    due as target_to_date, actual, above as numerator, below as denominator, divided(actual, target) as attainment_rate,
    case when target is null then 'no_target' when target = 0 then 'zero_target' end as attainment_rate_reason, status,
    rules_version() as rules_version
from every_row left join src_people as people using (person_id);

-- Nobody has targets for the four figures of the score card here: it says so.
create table marts.mart_scorecard_component as
with figures as (
    select metric, scope_type, scope_id, period_type, period_start, period_end, period_label,
        coalesce(target_ratio, target::double) as target, coalesce(actual_ratio, actual::double) as actual
    from marts.mart_target_attainment semi join night.rules.scorecard using (metric)
    where period_type in ('month', 'quarter', 'year') and is_in_force and period_start <= getvariable('as_of')
),
frame as (
    select distinct scope_id as person_id, period_type, period_start, period_end, period_label from figures
    where scope_type = 'person' and scope_id not in ('unknown', 'unallocated')
),
begun as (
    select metric, min(period_start) as first_on from figures where scope_type = 'company' and actual <> 0 group by 1
),
placed as (
    select frame.*, card.metric, card.weight_rate, rule.is_lower_better, figures.target,
        if(is_ratio, figures.actual, if(frame.period_end >= first_on, coalesce(figures.actual, 0), null)) as actual
    from frame
    cross join night.rules.scorecard as card
    inner join metric_rule as rule on card.metric = rule.metric
    left join figures on scope_type = 'person' and frame.person_id = figures.scope_id and card.metric = figures.metric
        and frame.period_type = figures.period_type and frame.period_start = figures.period_start
    left join begun on card.metric = begun.metric
)
select person_id, people.name as person_name, people.manager_id, period_type, period_start, period_end, period_label,
    period_end <= getvariable('as_of') as is_closed, metric, if(is_lower_better, 'lower', 'higher') as direction,
    weight_rate::double as weight_rate, target, if(target is not null, 'target_sheets', null) as target_source, actual,
    if(score_reason is null,
        least(if(is_lower_better, divided(100 * target, actual), greatest(divided(100 * actual, target), 0)), 120), null) as score,
    score_reason, rules_version() as rules_version
from (
    select *, case when target is null then 'no_target' when actual is null then 'no_actual' when target <= 0 then 'zero_target'
        when is_lower_better and actual <= 0 then 'zero_actual' end as score_reason
    from placed
)
left join src_people as people using (person_id);

create table marts.mart_scorecard as
select person_id, any_value(person_name) as person_name, any_value(manager_id) as manager_id, period_type, period_start, period_end,
    any_value(period_label) as period_label, any_value(is_closed) as is_closed, count(*) as component_count, count(score) as scored_count,
    coalesce(sum(weight_rate::decimal(18, 6)) filter (score is not null), 0)::double as scored_weight_rate,
    string_agg(format('{} ({})', metric, mart_scorecard_component.score_reason), ', ' order by metric) filter (score is null)
        as missing_components,
    false as is_renormalised,
    if(count(score) = count(*), round(divided(sum((weight_rate * score)::decimal(18, 8)), sum(weight_rate)), 4), null) as score,
    case when count(score) = 0 then 'no_component' when count(score) < count(*) then 'missing_component' end as score_reason,
    any_value(rules_version) as rules_version
from marts.mart_scorecard_component
group by person_id, period_type, period_start, period_end;

-- Factors by bands of attainment, in whole cents: under 70 % half, to 80 % in proportion, from there a fifth for every 5 points.
create table marts.mart_incentive as
with attainment as (
    select *, (100 * target)::hugeint as target_cents, (100 * greatest(actual, 0))::hugeint as done_cents
    from marts.mart_target_attainment
    where metric = 'signed_amount' and is_in_force and period_type in ('month', 'quarter', 'year')
        and period_start <= getvariable('as_of') and target > 0
),
factored as (
    select attainment.*, coalesce(place.region, 'unknown') as region,
        case when 10 * done_cents < 7 * target_cents then 'protected' when 10 * done_cents < 8 * target_cents then 'below_anchor'
            when 100 * done_cents < 85 * target_cents then 'anchor' else 'above_anchor' end as band,
        if(10 * done_cents >= 8 * target_cents,
            least((100 * done_cents - 80 * target_cents) // (5 * target_cents), 999999), null)::bigint as steps,
        case band when 'protected' then 0.5 when 'below_anchor' then divided(done_cents, 0.8 * target_cents) else 1 end::decimal(18, 6)
            as base_factor,
        (coalesce(steps, 0) * 0.2)::decimal(18, 6) as step_factor
    from attainment
    left join place
        on scope_id = place.person_id and least(period_end, getvariable('as_of')) >= place.valid_from
        and least(period_end, getvariable('as_of')) < place.valid_before
    where scope_type = 'person' and scope_id not in ('unknown', 'unallocated')
)
select factored.scope_id as person_id, factored.scope_name as person_name, people.manager_id, period_type, period_start,
    factored.period_end, factored.period_label, factored.period_end <= getvariable('as_of') as is_closed, factored.target,
    factored.actual, divided(factored.actual, factored.target) as attainment_rate, 'factor' as mode, band,
    (base_factor + step_factor)::double as factor, base_factor::double as base_factor, step_factor::double as step_factor,
    steps as step_count, null::double as pool_rate, null::double as over_pool_rate, null::varchar as band_parts,
    null::decimal(18, 2) as bonus_amount, 'factor_mode' as bonus_amount_reason, region, regions.attainment_rate as region_attainment_rate,
    coalesce(regions.actual >= regions.target, false) as is_region_attained, null::decimal(18, 2) as region_team_building_amount,
    rules_version() as rules_version
from factored
left join (
    select scope_id as region, period_type, period_start, attainment_rate, actual, target from attainment where scope_type = 'region'
) as regions using (region, period_type, period_start)
left join src_people as people on factored.scope_id = people.person_id;

create table marts.mart_daily_brief as
with month as (
    select * from marts.mart_target_attainment
    where metric = 'signed_amount' and period_type = 'month' and scope_type = 'person' and is_in_force
        and getvariable('as_of') between period_start and period_end
),
sizes as (
    select scope_id as person_id, size from deal_size inner join figure_scope using (scope_no) where scope_type = 'person'
),
recent as (
    select person_id, count(*) as n from marts.fct_lead where is_valid and created_on > getvariable('as_of') - 7 group by 1
),
measured as (
    select people.person_id, people.name, people.manager_id, coalesce(spot.team, 'unknown') as team, month.*,
        greatest(gap, 0) as missing, coalesce(size, whole_size()) as size, coalesce(recent.n, 0) as leads
    from src_people as people
    left join place_today() as spot using (person_id)
    left join month on people.person_id = month.scope_id
    left join sizes using (person_id)
    left join recent using (person_id)
    where people.left_on is null or people.left_on >= getvariable('as_of')
)
select person_id, getvariable('as_of') as brief_on, name as person_name, manager_id, team, strftime(getvariable('as_of'), '%Y-%m') as month,
    target, if(target is null, 'no_target', null) as target_reason, to_money(coalesce(actual, 0)) as actual, attainment_rate,
    if(target is null, null, missing) as missing_amount, to_money(size) as average_deal_amount,
    if(target is null, null, ceil(round(divided(missing, size), 9)))::bigint as missing_deal_count,
    case when target is null then 'no_target' when size is null then 'insufficient_history' end as missing_deal_count_reason,
    required_run_rate, workdays_remaining, status, leads as valid_lead_7_day_count, rules_version() as rules_version
from measured;

-- Nobody was hired since records begin, so nobody ramps up.
create table marts.mart_team_capacity as
with months as (
    select *, least(period_end, getvariable('as_of')) as seen_to from period
    where period_type = 'month' and period_start <= getvariable('as_of') and period_end >= first_recorded_on()
),
stays as (
    select person_id, place.team, left_on, greatest(place.valid_from, hired_on) as stays_from, least(place.valid_before, left_on) as stays_before
    from src_people inner join place using (person_id)
),
counted as (
    select team, period_start, any_value(months.period_end) as period_end, any_value(period_label) as month,
        count(distinct person_id) filter (stays_from < period_start and stays_before >= period_start) as begins,
        count(distinct person_id) filter (stays_from <= seen_to and stays_before > seen_to) as ends,
        count(distinct person_id) filter (left_on between period_start and seen_to and stays_before = left_on and stays_from <= left_on)
            as gone
    from stays cross join months group by 1, 2
)
select team, counted.period_start as month_start_on, month, counted.period_end <= getvariable('as_of') as is_closed, begins as begin_count,
    0::bigint as joined_count, gone as left_count, ends - begins + gone as moved_net_count, ends as end_count,
    ((begins + ends) * 0.5)::double as average_headcount, divided(gone * 2, begins + ends) as turnover_rate,
    if(begins + ends = 0, 'nobody_in_service', null) as per_head_reason, to_money(coalesce(actual, 0)) as signed_amount,
    to_money(divided(coalesce(actual, 0) * 2, begins + ends)) as amount_per_head, 0::bigint as joined_with_order_count,
    null::bigint as first_order_workdays, 0::bigint as joined_at_base_line_count, null::bigint as base_line_workdays,
    'nobody_joined' as ramp_reason, rules_version() as rules_version
from counted
left join marts.mart_target_attainment as attainment
    on metric = 'signed_amount' and period_type = 'month' and is_in_force and scope_type = 'team' and team = scope_id
    and counted.period_start = attainment.period_start
where begins + ends + gone > 0;
