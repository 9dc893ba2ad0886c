-- How targets were made and met: the cascade, its seasons and shares, what speaks for a target, the rhythm of signing; where
-- orders and deals disagree; what is to be done. Deals changed hands before any export: what was expected earlier is not known.
create table marts.mart_sales_rhythm as
with scopes as (
    select * from figure_scope where scope_type in ('company', 'org', 'region', 'team', 'product_line', 'person')
),
signed as (
    select scope_type, scope_id, date_trunc('month', booked_on)::date as period_start, count(distinct booking_id) as n,
        sum(amount) as amount, coalesce(sum(amount) filter (workdays_in_month - workday_of_month < 5), 0) as late_amount
    from booking_leaf
    inner join marts.dim_date on booked_on = date_day
    inner join figure_leaf_scope using (figure_leaf_no) inner join scopes using (scope_no)
    where entry_kind = 'signed' group by all
),
due as (
    select scope_no, date_day, sum(value) as target
    from (
        select leaf_no, date_day, value from night.cascade.target_atom
        where metric = 'signed_amount' and level = 'base' and scenario = 'base' and date_day <= getvariable('as_of')
    )
    inner join night.cascade.target_leaf using (leaf_no)
    inner join figure_leaf using (person_id, org_path, team, region, product_line, customer_type, tier)
    inner join figure_leaf_scope using (figure_leaf_no) semi join scopes using (scope_no)
    group by all
),
running as (
    select scope_no, date_day, any_value(is_workday) as is_workday, month_start_on, any_value(divided(workday_of_month, workdays_in_month)) as gone,
        sum(sum(target)) over w as due, sum(sum(done)) over w as done
    from (
        select scope_no, date_day, target, 0 as done from due
        union all
        select scope_no, event_on, 0, value from scope_day semi join scopes using (scope_no) where metric = 'signed_amount'
    )
    inner join marts.dim_date using (date_day)
    group by scope_no, date_day, month_start_on
    window w as (partition by scope_no, month_start_on order by date_day)
),
warned as (
    select scope_type, scope_id, month_start_on, min(date_day) as on_day
    from (
        select scope_type, scope_id, month_start_on, date_day
        from (
            select *, divided(due, coalesce(size, whole_size())) as due_n, floor(divided(done, coalesce(size, whole_size()))) as done_n
            from running left join deal_size using (scope_no) where is_workday and due > 0 and gone >= 0.2
        )
        inner join scopes using (scope_no)
        where case when due_n < 5 and gone < 1 then poisson_upto(done_n, due_n) < 0.05 else round(1 - divided(done, due), 12) > 0.2 end
        union all
        -- The forecast, a step in Python, speaks weekly.
        select scope_type, scope_id, period_start, forecast_on from night.forecast.weekly_call
        where period_type = 'month' and forecast_on >= period_start and attainment_probability < 0.5
    )
    group by all
),
attained as (
    select * from marts.mart_target_attainment
    where metric = 'signed_amount' and is_in_force and period_type in ('month', 'quarter')
),
months as (
    select *, period_end <= getvariable('as_of') as is_over, is_over and gap > 0 as is_missed
    from attained where period_type = 'month' and period_start <= getvariable('as_of')
        and scope_type in ('company', 'org', 'region', 'team', 'product_line', 'person')
)
select scope_type, scope_id, months.scope_name, months.period_start as month_start_on, months.period_label, coalesce(n, 0) as deal_count,
    to_money(coalesce(amount, 0)) as signed_amount, to_money(coalesce(late_amount, 0)) as last_days_amount,
    if(n >= 5 and is_over, divided(divided(late_amount, amount), divided(5, days.workdays_in_month)), null) as rush_ratio,
    case when not is_over then 'running' when coalesce(n, 0) < 5 then 'few_deals' end as rush_ratio_reason,
    null::decimal(18, 2) as pulled_forward, -- one delivery: nobody knows what was expected at month start
    months.target, months.actual, is_missed,
    if(is_missed, on_day, null) as warned_on,
    if(is_missed, ends.workday_index - early.workday_index, null) as warning_lead_workdays,
    if(not is_over, to_money(months.actual + divided(greatest(quarters.gap, 0), quarters.workdays_remaining) * months.workdays_remaining),
        null) as proposed_month_target
from months
inner join marts.dim_date as days on months.period_start = days.date_day
inner join day as ends on months.period_end = ends.date_day
left join signed using (scope_type, scope_id, period_start)
left join warned on months.scope_type = warned.scope_type and months.scope_id = warned.scope_id
    and months.period_start = warned.month_start_on
left join day as early on on_day = early.date_day
left join (
    select scope_type, scope_id, period_start as quarter_start_on, gap, workdays_remaining from attained where period_type = 'quarter'
) as quarters using (scope_type, scope_id, quarter_start_on);

-- Weights of quarters and months over the last three whole years of each figure.
create table marts.mart_season_proposal as
with daily as (
    select metric, event_on, sum(value) as value, year(event_on) as year_no from metric_day
    inner join metric_rule using (metric) where not is_lower_better group by all
),
spans as (
    select metric, year_no
    from (select distinct metric, year_no from daily)
    inner join (
        select metric, min(year_no) filter (quarter(event_on) = 1) as first_no from daily group by 1
    ) using (metric)
    where year_no >= first_no and make_date(year_no, 12, 31) <= getvariable('as_of')
    qualify row_number() over (partition by metric order by year_no desc) <= 3
),
used as (
    select metric, count(*) as years_used, min(year_no)::varchar as first_year, max(year_no)::varchar as last_year from spans group by 1
),
cells as (
    select used.*, kind as position_kind, position, coalesce(value, 0) as value
    from used
    cross join (
        select 'quarter' as kind, unnest(range(1, 5)) as position union all select 'month', unnest(range(1, 13))
    )
    left join (
        select metric, if(grouping_id(month_no) = 0, 'month', 'quarter') as kind, coalesce(month_no, quarter_no) as position, sum(value) as value
        from (select daily.*, month(event_on) as month_no, quarter(event_on) as quarter_no from daily semi join spans using (metric, year_no))
        group by grouping sets ((metric, month_no), (metric, quarter_no))
    ) using (metric, kind, position)
),
running as (
    select *, sum(greatest(value, 0)) over (partition by metric, position_kind) as whole,
        round(divided(sum(greatest(value, 0)) over w, sum(greatest(value, 0)) over (partition by metric, position_kind)), 4)::decimal(9, 6) as so_far
    from cells window w as (partition by metric, position_kind order by position)
)
select metric, position_kind, position::bigint as position, years_used, first_year, last_year, to_money(value) as history_amount,
    (so_far - lag(so_far, 1, 0) over (partition by metric, position_kind order by position))::decimal(9, 6) as proposed_weight_rate,
    if(position_kind = 'quarter', weight_rate, null)::decimal(9, 6) as weight_rate,
    (proposed_weight_rate - if(position_kind = 'quarter', weight_rate, null))::double as difference_rate
from running left join (select kind as position_kind, position, weight_rate from night.rules.season) as season
    using (position_kind, position)
where whole > 0;

create table marts.mart_target_cascade as
with pieces as (
    select cells.* exclude (metric, level, scenario, version_no), metric, level, scenario, version_no, period_type, period_start
    from night.cascade.target_cell as cells
    inner join period_day on segment_start = date_day and period_type in ('month', 'quarter', 'year')
    union all by name
    -- Weeks stand where targets were given by week.
    select cells.* exclude (metric, level, scenario, version_no), metric, level, scenario, version_no, 'week' as period_type,
        start_on as period_start
    from night.cascade.target_cell as cells
    inner join (
        select distinct metric, level, scenario, start_on, end_on from night.cascade.target_line where period_type = 'week'
    ) using (metric, level, scenario)
    where segment_start >= start_on and segment_end <= end_on
),
summed as (
    select metric, level, scenario, version_no, product_line, customer_type, member_kind, member_id,
        -- Who moved inside a piece has it twice: the unit where he stood at its end counts.
        arg_max(parent_id, if(place.person_id is null, segment_start, segment_end)) as parent_id, period_type, period_start, sum(value) as target, sum(unallocated) as rest,
        if(min(origin) = max(origin), min(origin), 'mixed') as origin
    from pieces
    left join place on member_kind = 'person' and member_id = place.person_id and parent_id = place.org_id
        and segment_end >= place.valid_from and segment_end < place.valid_before
    group by all
),
given as (
    select metric, level, scenario, coalesce(product_line, '(all)') as product_line, coalesce(customer_type, '(all)') as customer_type,
        holder_kind as member_kind, holder_id as member_id, start_on as period_start, period_type, value
    from night.cascade.target_line where problem is null
),
named as (
    select org_id as member_id, org_name as name from marts.dim_org union all select person_id, name from src_people
)
select concat('v', version_no, ' ', versions.recorded_on) as target_version, versions.is_in_force, summed.metric, summed.level, summed.scenario,
    product_line, customer_type, member_kind as node_kind, member_id as node_id, coalesce(named.name, member_id) as node_name,
    parent_id as parent_node_id, period_type, period_start, period_end, period_label, to_money(target) as target,
    to_money(given.value) as given_target, if(given.value is not null, 'given', origin) as origin,
    if(member_kind = 'unit', to_money(target - rest), null) as children_sum, if(member_kind = 'unit', to_money(rest), null) as unallocated,
    if(member_kind = 'unit', divided(target - rest, target) - 1, null) as over_assignment,
    case when member_kind <> 'unit' then 'no_children' when target = 0 then 'zero_target' end as over_assignment_reason,
    case when member_kind <> 'unit' or target = 0 then null when target - rest < target then 'under_assigned'
        when target - rest > target * 1.1 then 'over_assigned' else 'inside' end as band,
    rules_version() as rules_version
from summed
inner join night.cascade.target_version as versions using (metric, level, scenario, version_no)
inner join period using (period_type, period_start)
left join given using (metric, level, scenario, product_line, customer_type, member_kind, member_id, period_type, period_start)
left join named using (member_id);

create table standing_person as
select people.person_id, people.name, people.manager_id, spot.org_id, spot.org_path, spot.region, spot.team, left_on
from src_people as people inner join place_today() as spot using (person_id)
where left_on is null or left_on >= getvariable('as_of');

create table marts.mart_target_suggestion as
with cells as (
    select * from marts.mart_target_cascade
    where scenario = 'base' and metric = 'signed_amount' and product_line = '(all)' and customer_type = '(all)'
        and period_type = 'quarter' and period_end >= getvariable('as_of')
),
parents as (
    select * from cells
    anti join (select parent_node_id as node_id, period_start from cells where origin = 'given') as split using (node_id, period_start)
    where node_kind = 'unit' and target > 0
),
known as (
    select people.person_id, people.name, people.org_id,
        greatest(coalesce(any_value(signed.amount), 0), 0) as signed, coalesce(any_value(open.amount), 0) as open,
        coalesce(any_value(pool.weight), 0) as pool
    from standing_person as people
    left join (
        select scope_id as person_id, sum(value) as amount from scope_day inner join figure_scope using (scope_no)
        where scope_type = 'person' and metric = 'signed_amount' and event_on > (getvariable('as_of') - interval 12 month)::date group by 1
    ) as signed using (person_id)
    left join (select person_id, sum(amount) as amount from marts.fct_opportunity where is_open group by 1) as open using (person_id)
    left join (
        select owner_id as person_id, sum(case tier when 'A' then 3 when 'B' then 2 else 1 end) as weight from marts.dim_customer group by 1
    ) as pool using (person_id)
    where left_on is null or left_on > getvariable('as_of')
    group by 1, 2, 3
),
shares as (
    select parents.node_id, node_name, period_start, period_end, period_label, target, person_id, known.name, signed, open,
        divided(signed, sum(signed) over w) as signed_share, divided(open, sum(open) over w) as open_share,
        divided(pool, sum(pool) over w) as pool_share, count(*) over w as people
    from parents inner join known on parents.node_id = known.org_id
    window w as (partition by parents.node_id, period_start)
),
weighed as (
    select *, coalesce(divided(coalesce(signed_share, 0) + coalesce(open_share, 0) + coalesce(pool_share, 0),
        (signed_share is not null)::int + (open_share is not null)::int + (pool_share is not null)::int), 1 / people) as share
    from shares
),
running as (
    select *, round(target::decimal(24, 2) * (sum(share) over (partition by node_id, period_start order by person_id))::decimal(14, 12), 2)
        as so_far
    from weighed
)
select node_id as parent_node_id, node_name as parent_node_name, period_start, period_end, period_label, person_id, name as person_name,
    target as parent_target, share as proposed_share,
    (so_far - lag(so_far, 1, 0) over (partition by node_id, period_start order by person_id))::decimal(18, 2) as proposed_target,
    signed_share as history_share, open_share as pipeline_share, pool_share as customer_pool_share, null::double as potential_share,
    to_money(signed) as history_amount, to_money(open) as open_amount
from running;

create table marts.mart_target_basis as
with lines as (
    select line, metric, period_type, start_on, end_on, period_label, value, source, source_row,
        unnest(['org', kind]) as scope_type, unnest([holder_id, if(kind = 'company', 'company', org_name)]) as scope_id
    from night.cascade.target_line as given inner join marts.dim_org on holder_id = org_id
    where metric in ('signed_amount', 'collected_amount') and problem is null
),
history as (
    select line, scope_type, scope_id,
        sum(done.value) filter (event_on >= (start_on - interval 12 month)::date and event_on <= (end_on - interval 12 month)::date) as last_year,
        sum(done.value) filter (event_on > (getvariable('as_of') - interval 12 month)::date) as lately
    from lines
    left join figure_scope using (scope_type, scope_id)
    left join scope_day as done using (metric, scope_no)
    group by 1, 2, 3
),
closed as (
    select scope_type, scope_id, count(*) filter (outcome = 'won') as won, count(*) filter (outcome <> 'open') as n,
        sum(amount) filter (outcome = 'won') as amount
    from marts.fct_opportunity
    inner join figure_leaf using (person_id, org_path, team, region, product_line, customer_type, tier)
    inner join figure_leaf_scope using (figure_leaf_no) inner join figure_scope using (scope_no)
    where outcome = 'open' or closed_on > (getvariable('as_of') - interval 12 month)::date group by 1, 2
),
heads as (
    select scope_type, scope_id, count(distinct person_id) as people, count(distinct account_id) as customers
    from (
        select person_id, 'company' as scope_type, 'company' as scope_id from standing_person
        union all select person_id, 'region', region from standing_person
        union all select person_id, 'team', team from standing_person
        union all
        select person_id, 'org', nodes.org_id
        from standing_person inner join marts.dim_org as nodes on starts_with(standing_person.org_path, nodes.org_path)
    )
    semi join (select person_id from src_people where left_on is null or left_on > getvariable('as_of')) using (person_id)
    left join src_account on person_id = owner_id
    group by all
),
joined as (
    select lines.*, last_year, lately, people, customers, divided(won, n) as win_rate, divided(closed.amount, won) as deal,
        divided(value, win_rate * deal) as required, divided(value, last_year) - 1 as growth
    from lines
    left join history using (line, scope_type, scope_id)
    left join closed using (scope_type, scope_id)
    left join heads using (scope_type, scope_id)
)
select line as target_id, metric, period_type, start_on as period_start, end_on as period_end, period_label, scope_type, scope_id,
    to_money(value) as target, to_money(last_year) as last_year_actual, to_money(lately) as trailing_12_month_actual,
    if(last_year > 0, growth, null) as implied_growth_rate, if(coalesce(last_year, 0) <= 0, 'no_history', null) as implied_growth_rate_reason,
    people as head_count, to_money(divided(value, people)) as target_per_head, win_rate, to_money(deal) as average_deal_amount,
    ceil(required)::bigint as customers_required, customers as customers_available,
    case when coalesce(last_year, 0) <= 0 then 'no_history' when required > customers then 'unsupported' when growth > 0.2 then 'stretch'
        else 'ok' end as plausibility,
    null::double as observed_market_rate, 0.2::double as market_growth_rate, 0::double as channel_maturity_rate,
    if(last_year > 0, to_money(last_year * 1.2), null) as proposed_target, source, source_row
from joined;

-- Won or signed without an order; money on an order that is cancelled.
create table marts.mart_actuals_check as
with signed as (
    select deals.*, coalesce(closed_on, stages.signed_on) as won_on
    from marts.fct_opportunity as deals
    inner join (
        select opportunity_id, max(entered_on) as signed_on from marts.fct_stage_visit where is_signed or outcome = 'won' group by 1
    ) as stages using (opportunity_id)
    where outcome = 'won' or is_signed
),
orders as (
    select order_id, any_value(opportunity_id) as opportunity_id, any_value(customer_id) as customer_id, any_value(person_id) as person_id,
        any_value(currency) as currency, min(signed_on) as signed_on, sum(original_amount) as amount
    from marts.fct_booking group by 1
),
paid as (
    select order_id, sum(amount) as amount, min(received_on) as first_on, min(file_row('payments', row_no)) as source_row
    from src_payment where received_on <= getvariable('as_of') group by 1
),
found as (
    select 'opportunity_without_order' as problem, opportunity_id, null as order_id, customer_id, person_id, currency,
        original_amount as deal_amount, null as order_amount, null as paid_amount, won_on, null::date as signed_on, null::date as first_on,
        source, source_row
    from signed where not has_effective_order
    union all
    select 'order_not_effective', opportunity_id, order_id, customer_id, person_id, currency, null, orders.amount, paid.amount, null,
        signed_on, first_on, 'payments', source_row
    from paid inner join orders using (order_id)
    anti join order_in_force using (order_id)
)
select concat(problem, '|', opportunity_id, '|', order_id) as check_id, problem, opportunity_id, order_id, customer_id, person_id as owner_id,
    currency, to_money(deal_amount) as opportunity_amount, to_money(order_amount) as order_amount, to_money(paid_amount) as paid_amount,
    to_money(paid_amount - order_amount) as difference_amount, null::double as difference_rate, won_on, signed_on,
    first_on as first_received_on, (signed_on - won_on)::bigint as days_apart, source, source_row
from found;

-- No task was handed in: what the running quarter's gaps ask for, and who would have to do it.
create table marts.mart_action_plan as
with units as (
    select 'company' as scope_type, 'company' as scope_id, person_id, manager_id from standing_person
    union all select 'region', region, person_id, manager_id from standing_person
    union all select 'team', team, person_id, manager_id from standing_person
),
heads as (
    -- Who reports to nobody of the unit; of several the one with most reports.
    select scope_type, scope_id, person_id
    from units
    anti join (select scope_type, scope_id, person_id as manager_id from units) as above using (scope_type, scope_id, manager_id)
    left join (select manager_id as person_id, count(*) as n from standing_person group by 1) as reports using (person_id)
    qualify row_number() over (partition by scope_type, scope_id order by coalesce(n, 0) desc, person_id) = 1
)
select concat('proposed|', metric, '|', period_label, '|', gaps.scope_type, '|', gaps.scope_id) as action_id, 'proposed' as kind,
    action as title, action_cause as cause, gaps.scope_type, gaps.scope_id,
    if(gaps.scope_type = 'company', gaps.scope_id, gaps.scope_name) as scope_name, 'gap' as scope_source,
    heads.person_id as owner_id, people.name as owner_name, people.manager_id, null::date as due_on, null::date as completed_on,
    'proposed' as status, 0::bigint as overdue_days, metric, period_type, period_start, period_end, period_label, gap, residual_gap,
    causes.contribution as cause_contribution, main_cause, true as is_main_cause, action, action_en,
    case main_cause when 'volume' then customers_needed when 'conversion' then conversion_needed when 'deal_size' then deal_size_needed end
        ::double as closing_number,
    case when main_cause in ('volume', 'conversion', 'deal_size')
        then map {'volume': 'customers_needed', 'conversion': 'conversion_needed', 'deal_size': 'deal_size_needed'}[main_cause] end as closing_kind,
    null::varchar as customer_id, null::varchar as opportunity_id, null::varchar as source, null::varchar as source_row
from marts.mart_gap as gaps
inner join (
    select metric, period_type, period_start, scope_type, scope_id, factor as main_cause, contribution from marts.mart_gap_cause
) as causes using (metric, period_type, period_start, scope_type, scope_id, main_cause)
left join heads
    on if(gaps.scope_type = 'product_line', 'company', gaps.scope_type) = heads.scope_type
    and if(gaps.scope_type = 'product_line', 'company', gaps.scope_id) = heads.scope_id
left join src_people as people on heads.person_id = people.person_id
where period_type = 'quarter' and getvariable('as_of') between period_start and period_end
    and metric in ('signed_amount', 'collected_amount') and action is not null
    and gaps.scope_type in ('company', 'region', 'team', 'product_line') and gaps.scope_id not in ('unknown', 'unallocated');
