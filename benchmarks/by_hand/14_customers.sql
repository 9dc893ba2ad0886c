-- Customers: who came and went, where they stand, what tier they are worth, what is left behind by leavers.
create macro first_recorded_on() as (select first_recorded_on from night.reference.company);
create macro leaves_year_on(on_day) as (on_day + interval 12 month)::date
    + ((on_day + interval 12 month)::date - interval 12 month < on_day)::int;

-- Active: an order in force, signed in the twelve months before. Days on which this, or what was bought in them, changes.
create table active_span as
with orders as (
    select customer_id, order_id, any_value(figure_leaf_no) as figure_leaf_no, min(signed_on) as signed_on,
        least(max(booked_on) filter (effective_step = -1), leaves_year_on(min(signed_on))) as until
    from booking_leaf where customer_id <> 'unknown' group by 1, 2
),
moves as (
    select customer_id, figure_leaf_no, unnest([signed_on, until]) as on_day, unnest([1, -1]) as orders, 0 as amount, null::date as new_on
    from orders where signed_on < until
    union all
    select customer_id, figure_leaf_no, unnest([booked_on, leaves_year_on(booked_on)]), 0, unnest([amount, -amount]), null
    from booking_leaf where customer_id <> 'unknown'
    union all
    select turns.customer_id, figure_leaf_no, turns.booked_on, 0, 0, if(turns.effective_step = 1, turns.booked_on, null)
    from new_customer_turn as turns inner join booking_leaf on credited_entry = booking_entry_id
),
daily as (
    select customer_id, scope_no, on_day, sum(orders) as orders, sum(amount) as amount, max(new_on) as new_on
    from moves inner join figure_leaf_scope using (figure_leaf_no)
    where on_day <= getvariable('as_of') group by all
),
levels as (
    select customer_id, scope_no, on_day as valid_from, lead(on_day, 1, date '9999-12-31') over w as valid_before,
        sum(orders) over w as orders, to_money(sum(amount) over w) as amount, max(new_on) over w as new_on
    from daily window w as (partition by customer_id, scope_no order by on_day)
)
select levels.* exclude (orders) from levels inner join src_account on customer_id = account_id
where orders > 0 and state <> 'invalid';

create table marts.mart_customer_bridge as
with periods as (
    select period.*, period_start - 1 as begin_on, least(period_end, getvariable('as_of')) as end_on,
        period_start < (first_recorded_on() + interval 12 month)::date as is_short
    from period where period_start <= getvariable('as_of') and period_end >= first_recorded_on()
),
moved as (
    select scope_no, unnest([valid_from, valid_before]) as on_day, unnest([1, -1]) as n, unnest([amount, -amount]) as amount
    from active_span
),
stock as (
    select scope_no, on_day, sum(sum(n)) over w as n, sum(sum(amount)) over w as amount
    from moved where on_day <= getvariable('as_of') group by scope_no, on_day
    window w as (partition by scope_no order by on_day)
),
scopes as (select distinct scope_no from stock),
stood as (
    select period_type, period_start, scopes.scope_no, begins.n as begin_n, begins.amount as begin_amount, ends.n as end_n,
        ends.amount as end_amount, begins.on_day is not null or ends.on_day is not null as is_known
    from periods cross join scopes
    asof left join stock as begins on scopes.scope_no = begins.scope_no and begin_on >= begins.on_day
    asof left join stock as ends on scopes.scope_no = ends.scope_no and end_on >= ends.on_day
),
-- Only who moved in a period can have changed between its ends.
touched as (
    select distinct periods.period_type, period_start, begin_on, end_on, customer_id, scope_no
    from (
        select customer_id, scope_no, unnest([valid_from, valid_before]) as on_day from active_span
    ) as turns
    inner join period_day on on_day = date_day
    inner join periods using (period_type, period_start)
    where on_day <= getvariable('as_of')
),
compared as (
    select touched.period_type, touched.period_start, touched.scope_no, begins.customer_id is not null as was,
        ends.customer_id is not null as stays, coalesce(ends.new_on > begin_on, false) as is_new, begins.amount as before,
        ends.amount as after
    from touched
    left join active_span as begins
        on touched.customer_id = begins.customer_id and touched.scope_no = begins.scope_no
        and begin_on >= begins.valid_from and begin_on < begins.valid_before
    left join active_span as ends
        on touched.customer_id = ends.customer_id and touched.scope_no = ends.scope_no
        and end_on >= ends.valid_from and end_on < ends.valid_before
),
lines as (
    select period_type, period_start, scope_no, count(*) filter (stays and not was) as gained,
        count(*) filter (stays and not was and is_new) as new_n, count(*) filter (was and not stays) as lost,
        sum(after) filter (stays and not was) as gained_amount,
        sum(after) filter (stays and not was and is_new) as new_amount,
        sum(greatest(after - before, 0)) filter (was and stays) as risen, sum(greatest(before - after, 0)) filter (was and stays) as fallen,
        sum(before) filter (was and not stays) as lost_amount
    from compared group by all
),
filled as (
    select period_type, period_start, scope_no, coalesce(columns(* exclude (period_type, period_start, scope_no, is_known)), 0)
    from stood left join lines using (period_type, period_start, scope_no)
)
select period_type, period_start, period_end, period_label, scope_type, scope_id, scope_name,
    begin_n::bigint as begin_count, if(is_short, null, new_n)::bigint as new_count,
    if(is_short, null, gained - new_n)::bigint as regained_count, gained::bigint as gained_count, lost::bigint as lost_count,
    end_n::bigint as end_count, (begin_n + gained - lost - end_n)::bigint as residual_count, to_money(begin_amount) as begin_amount,
    if(is_short, null, to_money(new_amount)) as new_amount, if(is_short, null, to_money(gained_amount - new_amount)) as regained_amount,
    to_money(gained_amount) as gained_amount, to_money(risen) as expansion_amount, to_money(fallen) as contraction_amount,
    to_money(lost_amount) as lost_amount, to_money(end_amount) as end_amount,
    to_money(begin_amount + gained_amount + risen - fallen - lost_amount - end_amount) as residual_amount,
    if(is_short, null, divided(lost, begin_n)) as churn_rate,
    case when is_short then 'insufficient_history' when begin_n = 0 then 'no_customers' end as churn_reason,
    case when is_short then 'insufficient_history' end as new_reason
from filled
inner join periods using (period_type, period_start)
inner join figure_scope using (scope_no)
where begin_n + gained + lost + end_n > 0;

-- Where a customer stood on any day since it was created: with whom, in which tier, in which stage of its life.
create table customer_day as
with happened as (
    select account_id as customer_id, unnest([signed_on, cancelled_on]) as on_day, unnest([1, -1]) as orders, 0 as open, 0 as late
    from (select account_id, order_id, min(signed_on) as signed_on, max(cancelled_on) as cancelled_on from src_order group by 1, 2)
    union all
    select account_id, unnest([entered_on, exited_on]), 0, unnest([1, -1]), unnest([1, -1]) * (stage_order >= 4)::int
    from marts.fct_stage_visit inner join src_deal using (opportunity_id) where outcome = 'open'
),
levels as (
    select customer_id, on_day, sum(sum(orders)) over w as orders, sum(sum(open)) over w as open, sum(sum(late)) over w as late
    from happened where on_day <= getvariable('as_of') group by customer_id, on_day
    window w as (partition by customer_id order by on_day)
),
days as (
    select customer_id, greatest(on_day, created_at::date) as valid_from
    from (
        select customer_id, on_day from levels
        union all select customer_id, valid_from from tier_span
        union all
        select account_id, unnest([date '1900-01-01', valid_from, valid_before])
        from src_account inner join place on owner_id = place.person_id
    )
    inner join src_account on customer_id = account_id
    where on_day <= getvariable('as_of') and state <> 'invalid'
    group by all
)
select days.customer_id, days.valid_from, owner_id as person_id, coalesce(place.org_path, '/unknown/') as org_path,
    coalesce(place.team, 'unknown') as team, customers.region, '(all)' as product_line, customers.customer_type,
    tier_span.tier,
    case when orders > 0 then 'closed_deal' when late > 0 then 'negotiating' when open > 0 then 'interested' else 'potential' end
        as lifecycle,
    lead(days.valid_from) over (partition by days.customer_id order by days.valid_from) as valid_before
from days
inner join src_account as customers on days.customer_id = account_id
asof left join levels on days.customer_id = levels.customer_id and days.valid_from >= levels.on_day
asof left join tier_span on days.customer_id = tier_span.customer_id and days.valid_from >= tier_span.valid_from
left join place on owner_id = place.person_id and days.valid_from >= place.valid_from and days.valid_from < place.valid_before;

create table customer_leaf as
select row_number() over () as leaf_no, * from (
    select distinct person_id, org_path, team, region, product_line, customer_type, tier from customer_day
);
create table customer_leaf_scope as select leaf_no, scope_type, scope_id, scope_name from scopes_of('customer_leaf');

create table marts.mart_customer_lifecycle as
with turns as (
    select customer_id, leaf_no, lifecycle, unnest([customer_day.valid_from, valid_before]) as on_day, unnest([1, -1]) as step
    from customer_day inner join customer_leaf using (person_id, org_path, team, region, product_line, customer_type, tier)
),
netted as (
    -- What leaves a scope and enters it on the same day stayed.
    select customer_id, scope_type, scope_id, lifecycle, on_day, sum(step) as step
    from turns inner join customer_leaf_scope using (leaf_no)
    where on_day is not null group by all having sum(step) <> 0
),
weeks as (
    select *, min(period_start) over () as first_start from period
    where period_type = 'week' and period_end >= first_recorded_on() and period_start <= getvariable('as_of')
),
moved as (
    select scope_type, scope_id, lifecycle, weeks.period_start, sum(if(on_day < first_start, step, 0)) as stood,
        sum(if(on_day >= first_start, greatest(step, 0), 0)) as come, sum(if(on_day >= first_start, greatest(-step, 0), 0)) as gone
    from netted
    cross join (select min(first_start) as begins from weeks)
    inner join weeks on date_trunc('week', greatest(on_day, begins))::date = weeks.period_start
    group by all
),
cells as (
    select scope_type, scope_id, lifecycle, min(period_start) as since from moved group by all
),
counted as (
    select cells.scope_type, cells.scope_id, cells.lifecycle, weeks.*, coalesce(stood, 0) as stood, coalesce(come, 0) as come,
        coalesce(gone, 0) as gone, sum(coalesce(stood + come - gone, 0)) over w as standing
    from cells
    inner join weeks on period_start >= since
    left join moved using (scope_type, scope_id, lifecycle, period_start)
    window w as (partition by cells.scope_type, cells.scope_id, cells.lifecycle order by period_start)
)
select lifecycle, map {'potential': 1, 'interested': 2, 'negotiating': 3, 'closed_deal': 4}[lifecycle]::bigint as lifecycle_order,
    period_start as week_start, period_end as week_end, period_label as week_label, scope_type, scope_id, scope_name,
    (standing - come + gone)::bigint as begin_count, come::bigint as in_count, gone::bigint as out_count, standing::bigint as end_count,
    0::bigint as residual_count
from counted
inner join (select scope_type, scope_id, max(scope_name) as scope_name from customer_leaf_scope group by all)
    using (scope_type, scope_id)
where stood + come + gone + standing > 0;

create table order_by_customer as
select account_id as customer_id, count(*) as n, min(signed_on) as first_on, max(signed_on) as last_on,
    count(distinct signed_on) filter (signed_on > (getvariable('as_of') - interval 12 month)::date) as days
from order_in_force where signed_on <= getvariable('as_of') group by 1;
create table open_by_customer as
select customer_id, count(*) as n, sum(amount) as amount, bool_or(stage_order >= 2) as is_past_first
from marts.fct_opportunity where outcome = 'open' group by 1;
create macro place_today() as table
select * from place where getvariable('as_of') >= valid_from and getvariable('as_of') < valid_before;

create table marts.mart_customer_tier as
with changed as (
    select customer_id, tier, valid_from, lag(tier) over (partition by customer_id order by valid_from) as former from tier_span
    qualify former is null or former <> tier
),
latest as (
    select * from changed qualify row_number() over (partition by customer_id order by valid_from desc) = 1
)
select customer_id, customer_name, owner_id as person_id, coalesce(people.name, owner_id) as owner_name, people.manager_id,
    coalesce(spot.team, 'unknown') as team, state, customers.tier, tier_reason, customers.tier as rule_tier, null::varchar as typed_tier,
    null::varchar as approved_by, null::date as expires_on, former as previous_tier,
    if(latest.valid_from > date '1900-01-01', latest.valid_from, created_on) as tier_since_on,
    case when former is null then 'unchanged' when customers.tier < former then 'up' else 'down' end as tier_move,
    six_month_amount, expected_amount, coalesce(orders.n, 0) as effective_order_count, first_on as first_order_on,
    last_on as last_order_on, coalesce(days, 0) as twelve_month_order_days, coalesce(days, 0) >= 2 as is_repurchasing,
    coalesce(orders.n = 1 and last_on <= (getvariable('as_of') - interval 6 month)::date and open.n is null, false) as is_one_time,
    coalesce(open.n, 0) as open_count, source, source_row, rules_version
from marts.dim_customer as customers
inner join latest using (customer_id)
left join order_by_customer as orders using (customer_id)
left join open_by_customer as open using (customer_id)
left join src_people as people on owner_id = people.person_id
left join place_today() as spot on owner_id = spot.person_id;

create table marts.mart_customer_coverage as
with asked as (
    select account_a as account_id from night.matching.review_pair union select account_b from night.matching.review_pair
)
select 'accounts' as source, 'crm' as source_kind, coalesce(owner_id, 'unknown') as person_id,
    coalesce(any_value(people.name), any_value(owner_id), 'unknown') as owner_name, count(*) as record_count, count(*) as customer_count,
    count(*) as crm_customer_count, 0::bigint as personal_only_customer_count, 0::bigint as duplicate_count,
    count(asked.account_id) as in_review_count,
    count(owner_id) + count(accounts.region) + count(customer_type) + count(lead_source) + count(phone) as filled_field_count,
    count(*) * 8 as expected_field_count, divided(filled_field_count, expected_field_count) as completeness_rate
from src_account as accounts
left join asked using (account_id)
left join src_people as people on owner_id = people.person_id
group by owner_id;

create table marts.mart_customer_cleanup as
with spoken as (
    select customer_id, max(any_on) as any_on from contact group by 1
),
ordered as (
    select account_id as customer_id, max(signed_on) as last_on from src_order group by 1
),
judged as (
    select customers.*, any_on, last_on, (getvariable('as_of') - interval 12 month)::date as since,
        created_on <= since and coalesce(any_on <= since, true) and coalesce(last_on <= since, true) as is_quiet,
        not length(phone) between 7 and 15 as is_phone_bad
    from marts.dim_customer as customers
    inner join (select account_id as customer_id, phone from src_account) using (customer_id)
    left join spoken using (customer_id)
    left join ordered using (customer_id)
    where state <> 'invalid'
)
select customer_id, customer_name, owner_id as person_id, coalesce(people.name, owner_id) as owner_name, quarter_label,
    concat_ws('|', if(is_quiet, 'no_contact_and_no_order', null), if(is_phone_bad, 'bad_phone', null)) as reasons,
    is_quiet, is_phone_bad, false as is_code_doubled, 0::bigint as code_record_count, any_on as last_any_contact_on,
    last_on as last_order_on, created_on, phone_masked, source, source_row, rules_version
from judged
inner join marts.dim_date on date_day = getvariable('as_of')
left join src_people as people on owner_id = people.person_id
where is_quiet or is_phone_bad;

-- Two people at one customer in two weeks, or with open deals there; neither the other's manager, neither gone.
create table marts.mart_collision as
with touches as (
    select customer_id, person_id, count(*) as contacts, max(occurred_on) as last_on, 0 as n, 0 as amount
    from marts.fct_activity where occurred_on >= getvariable('as_of') - 14 group by 1, 2
    union all
    select customer_id, person_id, 0, null, count(*), sum(amount) from marts.fct_opportunity where is_open group by 1, 2
),
working as (
    select customer_id, person_id, any_value(people.name) as name, any_value(manager_id) as manager_id, sum(contacts)::bigint as contacts,
        max(last_on) as last_on, sum(n)::bigint as n, to_money(sum(amount)) as amount
    from touches inner join src_people as people using (person_id)
    where customer_id <> 'unknown' and (left_on is null or left_on > getvariable('as_of')) group by 1, 2
)
select customer_id, customer_name, a.person_id as person_a, b.person_id as person_b, a.name as name_a, b.name as name_b,
    a.manager_id as manager_a, b.manager_id as manager_b, owner_id,
    case
        when a.contacts > 0 and b.contacts > 0 and a.n > 0 and b.n > 0 then 'contacts_and_opportunities'
        when a.contacts > 0 and b.contacts > 0 then 'contacts' when a.n > 0 and b.n > 0 then 'opportunities'
        else 'contact_and_opportunity'
    end as collision_kind,
    a.contacts as contact_count_a, b.contacts as contact_count_b, a.last_on as last_contact_on_a, b.last_on as last_contact_on_b,
    a.n as open_count_a, b.n as open_count_b, a.amount as open_amount_a, b.amount as open_amount_b, source, source_row, rules_version
from working as a
inner join working as b using (customer_id)
inner join marts.dim_customer using (customer_id)
where a.person_id < b.person_id and a.manager_id is distinct from b.person_id and b.manager_id is distinct from a.person_id;

-- What stands in the names of those who left.
create table marts.mart_handover as
with leaver as (
    select people.person_id, people.name, people.manager_id, left_on, place.team, place.region
    from src_people as people
    left join place on people.person_id = place.person_id and left_on >= place.valid_from and left_on < place.valid_before
    where left_on <= getvariable('as_of')
),
spoken as (
    select customer_id, max(last_on) as last_on, max(any_on) as any_on from contact group by 1
),
items as (
    select owner_id as person_id, 'customer' as item_type, customer_id as item_id, customer_name as item_name, customer_id, tier, state,
        null as stage, coalesce(open.amount, 0) as amount, coalesce(open.n, 0) as n, last_on, any_on, source, source_row
    from marts.dim_customer left join open_by_customer as open using (customer_id) left join spoken using (customer_id)
    union all
    select deals.person_id, 'opportunity', opportunity_id, opportunity_name, customer_id, customers.tier, outcome, stage, deals.amount,
        1, coalesce(due.last_contact_on, last_on), coalesce(due.last_any_contact_on, any_on), deals.source, deals.source_row
    from marts.fct_opportunity as deals
    inner join marts.dim_customer as customers using (customer_id)
    left join marts.mart_followup_due as due on subject_type = 'opportunity' and opportunity_id = subject_id
    left join spoken using (customer_id)
    where outcome = 'open'
)
select person_id, leaver.name as person_name, left_on, coalesce(team, 'unknown') as team, coalesce(region, 'unknown') as region, manager_id,
    item_type, item_id, item_name, customer_id, tier, state, stage, to_money(amount) as open_amount, null::varchar as amount_reason,
    n::bigint as open_count, last_on as last_contact_on, any_on as last_any_contact_on, getvariable('as_of') - left_on as days_without_owner,
    source, source_row
from items inner join leaver using (person_id);

create table marts.mart_recycle_candidate as
with dated as (
    select due.*, back.date_day as recycle_on, back.date_day - getvariable('as_of') as days_left,
        if(is_past_first, 'open_opportunity', null) as protected_reasons
    from marts.mart_followup_due as due
    inner join day on due_on = day.date_day
    inner join day as back on day.workday_index + 3 * cadence = back.workday_index and back.is_workday
    left join open_by_customer using (customer_id)
    where subject_type = 'customer' and back.date_day - getvariable('as_of') <= 7
)
select customer_id, customer_name, person_id, owner_name, manager_id, team, tier, last_contact_on, assigned_on, due_on,
    overdue_workdays, cadence, cadence_unit, recycle_on, days_left,
    case when protected_reasons is not null then 'protected' when days_left <= 0 then 'candidate' else 'warning' end as status,
    (protected_reasons is null and days_left > 3)::bigint as warnings_left, protected_reasons, null::varchar as protected_by,
    null::date as contract_end_on,
    format('应在 {} 前跟进，已逾期 {} 个工作日（频率长度 {}）', due_on, overdue_workdays, cadence) as why_zh,
    format('Contact was due by {}, {} workdays ago (cadence {})', due_on, overdue_workdays, cadence) as why_en,
    open_amount, source, source_row, rules_version
from dated;

-- Who makes 80 % of what was signed.
create table marts.mart_sales_contribution as
with daily as (
    select booked_on, customer_id, product_line, region, sum(amount) as amount from marts.fct_booking group by all
),
summed as (
    select period_type, period_start,
        case grouping_id(customer_id, product_line, region) when 3 then 'customer' when 5 then 'product_line' else 'region' end as dimension,
        coalesce(customer_id, product_line, region) as id, to_money(sum(amount)) as amount
    from daily inner join period_day on booked_on = date_day
    group by grouping sets (
        (period_type, period_start, customer_id), (period_type, period_start, product_line), (period_type, period_start, region))
),
ranked as (
    select *, row_number() over w as place, sum(amount) over w as so_far, sum(amount) over (partition by period_type, period_start, dimension)
        as total
    from summed window w as (partition by period_type, period_start, dimension order by amount desc, id rows unbounded preceding)
)
select period_type, period_start, period_end, period_label, dimension, id as dimension_id, coalesce(customers.name, id) as dimension_name,
    place, amount, total::decimal(18, 2) as total_amount, if(total > 0, divided(amount, total), null) as share,
    so_far::decimal(18, 2) as cumulated_amount, if(total > 0, divided(so_far, total), null) as cumulated_share,
    total > 0 and (so_far - amount) * 10 < total * 8 and amount > 0 as is_in_80_percent,
    if(total <= 0, 'no_sales', null) as share_reason, null::decimal(18, 2) as costed_amount, null::decimal(18, 2) as margin_amount,
    null::double as margin_rate, null::double as margin_share, null::double as cumulated_margin_share, 'no_cost' as margin_reason
from ranked
inner join period using (period_type, period_start)
left join src_account as customers on dimension = 'customer' and id = account_id;

create table marts.mart_tier_effort as
with months as (
    select *, least(period_end, getvariable('as_of')) as end_on from period
    where period_type = 'month' and period_start <= getvariable('as_of') and period_end >= first_recorded_on()
),
parts as (
    select date_trunc('month', occurred_on)::date as period_start, tier, count(*) as contacts, count(*) filter (is_qualifying) as counted,
        0 as amount, 0 as customers
    from marts.fct_activity group by 1, 2
    union all
    select date_trunc('month', booked_on)::date, tier, 0, 0, amount, 0 from marts.fct_booking
    union all
    select period_start, tier_span.tier, 0, 0, 0, 1
    from months
    inner join src_account on created_at::date <= end_on and state <> 'invalid'
    inner join tier_span on account_id = customer_id and end_on >= valid_from and end_on < valid_before
),
summed as (
    select period_start, tier, sum(customers) as customers, sum(contacts) as contacts, sum(counted) as counted,
        to_money(sum(amount)) as amount
    from parts group by all
),
whole as (
    select *, sum(contacts) over w as all_contacts, sum(amount) over w as all_amount, if(tier = 'A', customers, 0) as owed
    from summed inner join months using (period_start)
    window w as (partition by period_start)
)
select period_start, period_end, period_label, tier, customers::bigint as customer_count, contacts::bigint as contact_count,
    counted::bigint as qualifying_count, all_contacts::bigint as all_contact_count, divided(contacts, all_contacts) as effort_share,
    if(all_contacts = 0, 'no_contacts', null) as effort_share_reason, amount as signed_amount, all_amount::decimal(18, 2) as all_signed_amount,
    if(all_amount > 0, divided(amount, all_amount), null) as amount_share, if(all_amount <= 0, 'no_sales', null) as amount_share_reason,
    owed::bigint as needs_reports_owed, 0::bigint as needs_reports_done, divided(0, owed) as needs_report_rate,
    if(owed = 0, 'not_owed', null) as needs_report_reason
from whole;
