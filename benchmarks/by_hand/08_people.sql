-- What is due: follow-ups, stuck deals, instalments, and what leads became.
create table last_contact as
select customer_id, max(occurred_on) as last_any_on,
    max(case when kind in ('visit', 'video') then occurred_on end) as last_a_on,
    max(case when kind in ('visit', 'video', 'call', 'message') then occurred_on end) as last_b_on,
    max(case when kind in ('visit', 'video', 'call', 'message', 'email', 'material') then occurred_on end) as last_c_on
from marts.fct_activity group by customer_id;

-- One pass over the activities: the last contact that counts and the last of any kind, by customer and deal.
create table contact as
select customer_id, opportunity_id,
    max(occurred_on) filter (is_qualifying) as last_on, max((occurred_at, activity_id)) filter (is_qualifying) as last_at,
    arg_max(person_id, (occurred_at, activity_id)) filter (is_qualifying) as last_by,
    max(occurred_on) as any_on, max((occurred_at, activity_id)) as any_at, arg_max(kind, (occurred_at, activity_id)) as any_kind
from marts.fct_activity group by all;

-- Customers, valid leads that are no customer yet, open deals. Each is due a cadence after the last contact that counts or
-- after its assignment; the highest tier held since then sets the date.
create table marts.mart_followup_due as
with stakes as (
    select customer_id, sum(amount) as open_amount, count(*) as open_count from marts.fct_opportunity where is_open group by 1
),
of_customer as (
    select customer_id, max(last_on) as last_on, arg_max(last_by, last_at) as last_by, max(any_on) as any_on,
        arg_max(any_kind, any_at) as any_kind
    from contact group by 1
),
of_deal as (
    select opportunity_id, max(last_on) as last_on, arg_max(last_by, last_at) as last_by, max(any_on) as any_on,
        arg_max(any_kind, any_at) as any_kind
    from (
        select opportunity_id, columns(* exclude (customer_id, opportunity_id)) from contact where opportunity_id is not null
        union all
        select deals.opportunity_id, columns(contact.* exclude (customer_id, opportunity_id))
        from marts.fct_opportunity as deals
        inner join contact on deals.customer_id = contact.customer_id and contact.opportunity_id is null
        where deals.is_open
    )
    group by 1
),
subjects as (
    select 'customer' as subject_type, customer_id as subject_id, customer_id, customer_name as subject_name,
        owner_id as person_id, tier, created_on as assigned_on, last_on, last_by, any_on, any_kind,
        coalesce(stakes.open_amount, 0) as open_amount, coalesce(stakes.open_count, 0) as open_count, source, source_row
    from marts.dim_customer
    left join of_customer using (customer_id)
    left join stakes using (customer_id)
    where state = 'active'
    union all
    select 'lead', lead_id, null, lead_id, person_id, 'C',
        coalesce((assigned_at + interval 8 hour)::date, created_on), null, null, null, null, null, 0, source, source_row
    from marts.fct_lead where is_valid and customer_id = 'unknown' and status = 'working'
    union all
    select 'opportunity', opportunity_id, customer_id, opportunity_name, person_id, customers.tier, deals.created_on,
        last_on, last_by, any_on, any_kind, amount, 1, deals.source, deals.source_row
    from marts.fct_opportunity as deals
    inner join marts.dim_customer as customers using (customer_id)
    left join of_deal using (opportunity_id)
    where is_open
),
anchored as (
    select *, greatest(last_on, assigned_on) as anchor_on from subjects
),
held as (
    select subject_type, subject_id, min(tier_span.tier) as highest_tier
    from anchored inner join tier_span on anchored.customer_id = tier_span.customer_id and anchor_on < tier_span.valid_before
    group by 1, 2
),
clocked as (
    select anchored.*, coalesce(highest_tier, tier) as due_tier,
        case due_tier when 'A' then 5 when 'B' then 10 else 22 end as length,
        anchor.workday_index + length as due_index, today_index() - anchor.workday_index as elapsed
    from anchored
    left join held using (subject_type, subject_id)
    inner join day as anchor on anchor_on = anchor.date_day
)
select
    subject_type, subject_id, customer_id, subject_name as customer_name, clocked.person_id,
    coalesce(people.name, clocked.person_id) as owner_name, people.manager_id, coalesce(place.team, 'unknown') as team, tier,
    length::bigint as cadence, 'workdays' as cadence_unit, last_on as last_contact_on, last_by as last_contact_by,
    coalesce(last_by <> clocked.person_id, false) as is_contact_by_colleague, any_on as last_any_contact_on,
    any_kind as last_any_kind, coalesce(any_on > coalesce(last_on, date '1900-01-01'), false) as is_mismatched, assigned_on,
    null::varchar as former_owner_id, null::bigint as former_overdue_workdays, due_day.date_day as due_on,
    case when last_on = anchor_on then 'contact' else 'assignment' end as due_basis,
    concat(due_tier, ' 级每 ', length, ' 个工作日联系一次', case when last_on = anchor_on then '，上次有效跟进 ' else '，分配 ' end,
        anchor_on, '，最晚应在 ', due_day.date_day, ' 联系',
        case when due_tier <> tier then concat('（现为 ', tier, ' 级，本次沿用原日期）') end) as due_reason_zh,
    concat('Tier ', due_tier, ' is contacted once in ', length, ' workdays',
        case when last_on = anchor_on then '; last counting contact ' else '; assigned ' end, anchor_on, ', so due by ',
        due_day.date_day, case when due_tier <> tier then concat(' (now tier ', tier, ', the old date stands once)') end)
        as due_reason_en,
    greatest(today_index() - due_index, 0) as overdue_workdays,
    case
        when elapsed > length * 2 then 'high_risk' when elapsed > length then 'overdue'
        when elapsed >= length * 0.8 then 'due_soon' else 'ok'
    end as status,
    null::varchar as status_reason,
    case when elapsed > length * 1.5 then 'manager' when elapsed >= length then 'owner' else 'none' end as escalation,
    null::date as next_step_on, false as is_next_step_missed, 0::bigint as next_step_overdue_workdays,
    case when subject_type = 'customer' then (tier = 'A')::bigint end as needs_reports_owed,
    case when subject_type = 'customer' then 0::bigint end as needs_reports_done,
    case
        when subject_type <> 'customer' or tier <> 'A' then 'not_owed'
        when getvariable('as_of') = last_day(getvariable('as_of')) then 'missed' else 'open'
    end as needs_report_status,
    to_money(open_amount) as open_amount, open_count::bigint as open_count, source, source_row,
    rules_version() as rules_version
from clocked
inner join day as due_day on due_index = due_day.workday_index and due_day.is_workday
left join src_people as people on clocked.person_id = people.person_id
left join place
    on clocked.person_id = place.person_id
    and getvariable('as_of') >= place.valid_from and getvariable('as_of') < place.valid_before;

create table marts.mart_stalled_opportunity as
with clocks as (
    select opportunity_id, max(entered_on) filter (is_advance) as stage_since_on,
        max(entered_on) filter (exited_on is null) as visit_since_on
    from marts.fct_stage_visit group by 1
),
ranked as (
    select stage, elapsed_workdays,
        row_number() over (partition by stage order by elapsed_workdays) as n, count(*) over (partition by stage) as total
    from entry where result = 'advanced'
),
usual as (
    select stage, max(total) as advanced_count, min(elapsed_workdays) filter (n * 10 >= total * 8) as p80
    from ranked group by stage
),
standing as (
    select opportunity_id from segment
    where standing <> 'open' and valid_from <= getvariable('as_of') and valid_before > getvariable('as_of')
),
-- A contact counts for its customer, or for the deal that it names.
deal_contact as (
    select opportunity_id,
        max(case when kind in ('visit', 'video') then occurred_on end) as last_a_on,
        max(case when kind in ('visit', 'video', 'call', 'message') then occurred_on end) as last_b_on,
        max(case when kind in ('visit', 'video', 'call', 'message', 'email', 'material') then occurred_on end) as last_c_on
    from marts.fct_activity where opportunity_id is not null group by 1
),
measured as (
    select deals.*, customers.tier as customer_tier, stage_since_on, visit_since_on,
        today_index() - since.workday_index as stage_workdays, allowed_workdays,
        case when usual.advanced_count >= 20 then p80 end as p80_workdays, coalesce(usual.advanced_count, 0) as advanced_count,
        greatest(getvariable('as_of') - expected_close_on, 0) as overdue_close_days,
        case customers.tier
            when 'A' then greatest(own.last_a_on, contact.last_a_on)
            when 'B' then greatest(own.last_b_on, contact.last_b_on) else greatest(own.last_c_on, contact.last_c_on)
        end as last_contact_on,
        case customers.tier when 'A' then 5 when 'B' then 10 else 22 end as cadence_workdays
    from marts.fct_opportunity as deals
    inner join marts.dim_customer as customers using (customer_id)
    inner join clocks using (opportunity_id)
    inner join stage on deals.stage = stage.stage
    left join usual on deals.stage = usual.stage
    left join last_contact as contact on deals.customer_id = contact.customer_id
    left join deal_contact as own using (opportunity_id)
    left join day as since on stage_since_on = since.date_day
    anti join standing on deals.opportunity_id = standing.opportunity_id
    where deals.is_open
),
judged as (
    select measured.*, stage_workdays > allowed_workdays as is_over_allowed,
        coalesce(stage_workdays > p80_workdays, false) as is_over_usual, overdue_close_days > 0 as is_close_passed,
        today_index() - touched.workday_index > 2 * cadence_workdays as is_without_contact
    from measured
    left join day as touched on greatest(coalesce(last_contact_on, stage_since_on), stage_since_on) = touched.date_day
)
select
    opportunity_id, opportunity_name, customer_id, customer_tier as tier, judged.person_id,
    coalesce(people.name, judged.person_id) as owner_name, people.manager_id, judged.team, judged.region, pipeline, stage,
    stage_order, to_money(amount) as amount, stage_since_on, visit_since_on, stage_workdays::bigint as stage_workdays,
    allowed_workdays::bigint as allowed_workdays, greatest(stage_workdays - allowed_workdays, 0)::bigint as over_allowed_workdays,
    p80_workdays::bigint as p80_workdays, case when p80_workdays is null then 'insufficient_history' end as p80_reason,
    advanced_count::bigint as advanced_count, expected_close_on, overdue_close_days::bigint as overdue_close_days,
    last_contact_on, (getvariable('as_of') - last_contact_on)::bigint as days_since_contact,
    is_over_allowed or is_over_usual or is_close_passed or is_without_contact as is_stalled,
    nullif(concat_ws('|', case when is_over_allowed then 'over_allowed' end, case when is_over_usual then 'over_usual' end,
        case when is_close_passed then 'close_passed' end, case when is_without_contact then 'no_contact' end), '') as reasons,
    source, source_row, (select rules_version from night.reference.company) as rules_version
from judged
left join src_people as people using (person_id);

create table marts.mart_receivable as
with orders as (
    select order_id, any_value(account_id) as account_id, any_value(person_id) as person_id,
        any_value(currency) as currency, min(signed_on) as signed_on,
        bool_or(cancelled_on is null or cancelled_on > getvariable('as_of')) as is_in_force
    from src_order group by order_id
),
paid as (
    select order_id, received_on, amount,
        sum(amount) over (partition by order_id order by received_on, payment_id rows unbounded preceding) as so_far,
        sum(amount) over (partition by order_id) as received
    from src_payment where received_on <= getvariable('as_of')
),
received as (
    select order_id, max(received) as received from paid group by 1
),
planned as (
    select *, row_number() over w as instalment_no, due_on = max(due_on) over (partition by order_id) as is_last,
        sum(amount) over (partition by order_id order by due_on rows unbounded preceding) as due_so_far
    from src_receivable
    window w as (partition by order_id order by due_on)
),
allocated as (
    select planned.*, orders.* exclude (order_id), planned.due_so_far - amount as due_before,
        least(amount, greatest(coalesce(received, 0) - (due_so_far - amount), 0)) as paid_part,
        case when is_last then greatest(coalesce(received, 0) - due_so_far, 0) else 0 end as over_part
    from planned
    inner join orders using (order_id)
    left join received using (order_id)
),
met as (
    select order_id, due_on, max(received_on) as last_received_on,
        sum(met_amount::decimal(22, 4) * (received_on - signed_on)) as met_amount_days, sum(met_amount) as timed_amount
    from (
        select allocated.order_id, due_on, signed_on, received_on,
            least(paid.so_far, paid.received, due_so_far) - greatest(paid.so_far - paid.amount, due_before) as met_amount
        from allocated inner join paid using (order_id)
    )
    where met_amount > 0
    group by 1, 2
),
judged as (
    select allocated.*, fx.fx_rate, place.org_path, place.team, place.region as place_region,
        last_received_on, met_amount_days, timed_amount, due_on <= getvariable('as_of') and is_in_force as is_due,
        to_money(amount::decimal(22, 4) * fx_rate) as due_amount, to_money(paid_part::decimal(22, 4) * fx_rate) as paid,
        to_money(over_part::decimal(22, 4) * fx_rate) as overpaid
    from allocated
    left join met using (order_id, due_on)
    left join fx
        on allocated.currency = fx.currency and signed_on >= fx.valid_from and signed_on < fx.valid_before
    left join place
        on allocated.person_id = place.person_id and signed_on >= place.valid_from and signed_on < place.valid_before
)
select
    order_id, due_on, instalment_no, coalesce(customers.account_id, 'unknown') as customer_id, customers.name as customer_name,
    coalesce(customers.owner_id, 'unknown') as owner_id, judged.person_id, coalesce(org_path, '/unknown/') as org_path,
    coalesce(team, 'unknown') as team, coalesce(customers.region, place_region, 'unknown') as region, signed_on,
    is_in_force, is_due, amount as original_amount, currency, fx_rate, due_amount,
    (paid + overpaid)::decimal(18, 2) as paid_amount,
    (case when is_in_force then due_amount - paid else 0 end)::decimal(18, 2) as open_amount,
    (case when is_due then due_amount else 0 end)::decimal(18, 2) as due_to_date_amount,
    (case when is_due then paid else 0 end)::decimal(18, 2) as met_amount,
    (case when not is_in_force then 0 when is_due then overpaid else paid + overpaid end)::decimal(18, 2) as early_amount,
    (case when is_due then due_amount - paid else 0 end)::decimal(18, 2) as overdue_amount,
    (case when is_due and due_amount > paid then getvariable('as_of') - due_on else 0 end)::bigint as overdue_days,
    case when paid_part >= amount then last_received_on end as paid_in_full_on,
    case
        when not is_in_force then 'not_in_force' when paid_part >= amount and last_received_on is not null then 'paid'
        when not is_due then 'not_due' when getvariable('as_of') - due_on <= 30 then 'days_0_30'
        when getvariable('as_of') - due_on <= 60 then 'days_31_60' when getvariable('as_of') - due_on <= 90 then 'days_61_90'
        else 'days_over_90'
    end as ageing_bucket,
    divided(case when is_due then paid else 0 end, case when is_due then due_amount else 0 end) as collection_rate,
    case when not is_due then 'nothing_due' end as collection_rate_reason,
    divided(met_amount_days, timed_amount) as collection_cycle_days,
    case when timed_amount is null then 'nothing_received' end as collection_cycle_days_reason,
    'receivables' as source, file_row('receivables', judged.row_no) as source_row
from judged
left join src_account as customers using (account_id);

create table marts.mart_lead_conversion as
with chained as (
    select *,
        sum((previous_on is null or created_at::date - previous_on > 30)::int) over (
            partition by phone order by created_at, lead_id rows unbounded preceding
        ) as chain_no
    from (select *, lag(created_at::date) over (partition by phone order by created_at, lead_id) as previous_on from src_lead)
    where created_at::date <= getvariable('as_of')
),
became as (
    select chained.*, deals.created_at as deal_at, orders.opportunity_id is not null as has_order
    from chained
    left join src_deal as deals on converted_opportunity_id = deals.opportunity_id
    left join (select distinct opportunity_id from order_in_force) as orders
        on converted_opportunity_id = orders.opportunity_id
),
merged as (
    select phone, chain_no, min(created_at) as created_at, arg_min(lead_source, (created_at, lead_id)) as lead_source,
        arg_min(region, (created_at, lead_id)) as region, count(*) as record_count,
        max((status <> 'invalid' and length(phone) = 11)::int) as is_valid, max((assigned_at is not null)::int) as is_assigned,
        max((first_response_at is not null)::int) as is_responded, (count(deal_at) > 0)::int as has_deal,
        coalesce(min(deal_at) <= min(created_at) + interval 168 hour, false)::int as has_deal_in_week,
        max(has_order::int) as has_order
    from became group by 1, 2
),
cells as (
    select coalesce(lead_source, '(all)') as lead_source, coalesce(region, '(all)') as region, period_start, period_end,
        period_label, count(*) as n, sum(record_count) as record_count, sum(is_valid) as valid_count,
        sum(is_assigned) as assigned_count, sum(is_responded) as responded_count, sum(has_deal) as deal_count,
        sum(has_order) as order_count, sum(has_deal_in_week) as first_week_count, max(created_at::date) as youngest_on
    from merged
    inner join period on period_type = 'week' and created_at::date between period_start and period_end
    group by grouping sets (
        (period_start, period_end, period_label, lead_source, region), (period_start, period_end, period_label, lead_source),
        (period_start, period_end, period_label, region), (period_start, period_end, period_label)
    )
),
aged as (
    select *, youngest_on + 7 <= getvariable('as_of') and period_end <= getvariable('as_of') as is_mature from cells
)
select
    lead_source, region, period_start as week_start, period_end as week_end, period_label as week_label, n::bigint as leads,
    record_count::bigint as lead_records, valid_count::bigint as valid, assigned_count::bigint as assigned,
    responded_count::bigint as responded, deal_count::bigint as to_opportunity, order_count::bigint as to_order,
    published_rate(divided(valid_count, n)) as valid_rate, published_rate(divided(deal_count, n)) as opportunity_rate,
    published_rate(divided(order_count, n)) as yield_rate, first_week_count::bigint as to_opportunity_in_first_week,
    case when is_mature then published_rate(divided(first_week_count, n)) end as first_week_rate,
    case when not is_mature then 'immature' end as first_week_rate_reason
from aged;
