-- Bookings, collections, opportunities and all that happened, one pass over each file.
create table order_in_force as
select opportunity_id, order_id, min(signed_on) as signed_on, any_value(account_id) as account_id
from src_order where cancelled_on is null or cancelled_on > getvariable('as_of')
group by opportunity_id, order_id;

create table marts.fct_stage_visit as
with told as (
    select opportunity_id, to_stage as stage, changed_by, changed_at, changed_at::date as entered_on,
        stage_order, outcome, is_signed
    from src_event
    inner join stage on to_stage = stage.stage
    where changed_at::date <= getvariable('as_of')
),
numbered as (
    select
        *,
        row_number() over visits as visit_no,
        lead(entered_on) over visits as exited_on,
        lag(stage_order) over visits as previous_order,
        lag(outcome) over visits as previous_outcome,
        max(case when outcome = 'open' then stage_order end) over (
            partition by opportunity_id order by changed_at, stage_order rows between unbounded preceding and 1 preceding
        ) as highest_order
    from told
    window visits as (partition by opportunity_id order by changed_at, stage_order)
)
select
    opportunity_id, 1::bigint as attempt_no, visit_no, 'default' as pipeline, 1::bigint as pipeline_version, stage,
    stage_order::bigint as stage_order, stage_order::bigint as effective_order, outcome, is_signed,
    false as is_after_sale, entered_on, exited_on, changed_by as entered_by, 'event' as precision,
    case when visit_no = 1 then 'create' else 'move' end as cause,
    coalesce(visit_no > 1 and outcome = 'open' and previous_outcome = 'open' and stage_order < previous_order, false)
        as is_step_back,
    visit_no = 1 or (outcome in ('open', 'won') and stage_order > highest_order) as is_advance,
    false as is_undone_loss, null::date as first_seen_on, true as has_history,
    entry.workday_index as entered_workday_index,
    coalesce(leaving.workday_index, today_index()) - entry.workday_index as stay_workdays
from numbered
left join day as entry on entered_on = entry.date_day
left join day as leaving on exited_on = leaving.date_day;

-- Every order line when it is signed and when it is cancelled, in the reporting currency.
create table booking_state as
with states as (
    select *, case when cancelled_on is null then 6 else 5 end as state_no, 2 as step_no, 'signed' as entry_kind,
        signed_on as booked_on, 1 as sign
    from src_order
    union all
    select *, 6, 1, 'cancelled', greatest(cancelled_on, signed_on), -1
    from src_order where cancelled_on <= getvariable('as_of')
)
select states.*, fx_rate, (sign * round(states.amount::decimal(22, 4) * fx_rate, 4))::decimal(18, 4) as reporting_amount
from states
left join fx on states.currency = fx.currency and signed_on >= fx.valid_from and signed_on < fx.valid_before;

-- The tier of a customer from day to day: what it signed in the six months up to a day (an amount leaves on the first day
-- that no longer looks back to it), and what its open deals come to at the rates of today.
create table customer_money as
with lately as (
    select account_id, booked_on, sum(reporting_amount) as amount from booking_state group by all
),
open_time as (
    select opportunity_id, min(entered_on) as open_from, min(entered_on) filter (outcome <> 'open' or is_signed) as closed_on
    from marts.fct_stage_visit group by 1
),
moves as (
    select account_id, booked_on as on_day, amount as signed, 0 as expected from lately
    union all
    select account_id,
        (booked_on + interval 6 month)::date
            + ((booked_on + interval 6 month)::date - interval 6 month < booked_on)::int, -amount, 0
    from lately
    union all
    select account_id, unnest([open_from, least(closed_on, signed_on)]), 0, unnest([worth, -worth])
    from src_deal
    inner join open_time using (opportunity_id)
    left join (select opportunity_id, min(signed_on) as signed_on from order_in_force group by 1) using (opportunity_id)
    inner join (
        select currency, fx_rate from fx where getvariable('as_of') >= valid_from and getvariable('as_of') < valid_before
    ) using (currency),
    lateral (select round(amount::decimal(22, 4) * fx_rate, 4)::decimal(18, 4) as worth)
    where open_from < least(closed_on, signed_on, date '9999-12-31')
    union all
    select account_id, date '1900-01-01', 0, 0 from src_account
),
daily as (
    select account_id, on_day, sum(signed) as signed, sum(expected) as expected
    from moves where on_day <= getvariable('as_of') group by all
),
summed as (
    select account_id, on_day, sum(signed) over w as six_month_amount, sum(expected) over w as expected_amount
    from daily
    window w as (partition by account_id order by on_day)
)
select summed.*, tier_rule_of(is_strategic = 'Y', six_month_amount, expected_amount) as rule_order
from summed inner join src_account using (account_id);

create table tier_span as
select account_id as customer_id, rule_order, tier, tier_reason, valid_from,
    lead(valid_from, 1, date '9999-12-31') over (partition by account_id order by valid_from) as valid_before
from (
    select account_id, rule_order, on_day as valid_from from customer_money
    qualify lag(rule_order) over (partition by account_id order by on_day) is distinct from rule_order
)
inner join tier_rule using (rule_order);

-- Graded as the customer stood on the eve: a signing does not grade itself.
create table marts.fct_booking as
select
    concat('order|', order_id, '|', line_no, '|', state_no, '|', step_no, '|', states.person_id) as booking_entry_id,
    concat('order|', order_id, '|', line_no) as booking_id,
    entry_kind, booked_on, getvariable('as_of') as recorded_on, signed_on, order_id, opportunity_id,
    coalesce(customers.account_id, 'unknown') as customer_id, states.account_id, states.person_id,
    coalesce(place.org_path, '/unknown/') as org_path, coalesce(place.team, 'unknown') as team,
    coalesce(customers.region, place.region, 'unknown') as region, states.product_line,
    coalesce(customers.customer_type, 'unknown') as customer_type, coalesce(tier_span.tier, 'unknown') as tier,
    (sign * states.amount)::decimal(18, 4) as original_amount, states.currency, fx_rate, reporting_amount as amount,
    1::decimal(18, 6) as credit_share_rate, null::varchar as credit_reason, sign::bigint as effective_step,
    'orders' as actual_source, 'orders' as source, file_row('orders', states.row_no) as source_row
from booking_state as states
left join src_account as customers on states.account_id = customers.account_id
asof left join tier_span on states.account_id = tier_span.customer_id and signed_on > tier_span.valid_from
left join place
    on states.person_id = place.person_id and states.signed_on >= place.valid_from and states.signed_on < place.valid_before;

create table marts.fct_opportunity as
with credited as (
    select
        deals.*, stage.stage_order, stage.outcome, stage.is_signed,
        case when stage.outcome <> 'open' then closed_at::date end as closed_on,
        case when stage.outcome <> 'open' then closed_at::date else getvariable('as_of') end as credited_on,
        exists (select 1 from order_in_force where order_in_force.opportunity_id = deals.opportunity_id) as has_order
    from src_deal as deals
    inner join stage using (stage)
)
select
    opportunity_id, null::varchar as opportunity_name, coalesce(customers.account_id, 'unknown') as customer_id,
    credited.account_id, credited.owner_id as person_id,
    coalesce(place.org_path, '/unknown/') as org_path, coalesce(place.team, 'unknown') as team,
    coalesce(customers.region, place.region, 'unknown') as region, credited.product_line,
    coalesce(customers.customer_type, 'unknown') as customer_type, coalesce(tier_span.tier, 'unknown') as tier, 'default' as pipeline,
    stage, stage_order::bigint as stage_order, outcome, is_signed, has_order as has_effective_order,
    is_signed and not has_order as is_signed_without_order,
    outcome = 'open' and not is_signed and not has_order as is_open,
    outcome = 'open' and not is_signed and not has_order and fx.fx_rate is not null as is_weighted,
    false as is_stage_reconstructed, credited.amount as original_amount, credited.currency, fx.fx_rate,
    round(credited.amount::decimal(22, 4) * fx.fx_rate, 4)::decimal(18, 4) as amount,
    null::decimal(18, 6) as typed_probability_rate, credited.created_at::date as created_on, false as is_undated,
    expected_close_on, closed_on, (closed_on - credited.created_at::date)::bigint as cycle_days,
    coalesce(credited.lead_source, 'unknown') as lead_source, loss_reason, competitor,
    'opportunities' as source, file_row('opportunities', credited.row_no) as source_row
from credited
left join src_account as customers using (account_id)
asof left join tier_span on credited.account_id = tier_span.customer_id and credited.created_at::date >= tier_span.valid_from
left join place
    on credited.owner_id = place.person_id
    and credited.credited_on >= place.valid_from and credited.credited_on < place.valid_before
left join fx
    on credited.currency = fx.currency and credited.credited_on >= fx.valid_from and credited.credited_on < fx.valid_before;

-- Money follows the order: its lines by their amounts as first signed.
create table marts.fct_collection as
with lines as (
    select
        *,
        sum(amount) over (partition by order_id) as order_amount,
        sum(amount) over (partition by order_id order by line_no rows unbounded preceding) as so_far,
        line_no = max(line_no) over (partition by order_id) as is_last
    from src_order
),
pieces as (
    select *, divided(so_far - amount, order_amount)::decimal(18, 12) as share_from,
        case when is_last then 1 else divided(so_far, order_amount) end::decimal(18, 12) as share_to
    from lines
),
parted as (
    select
        payments.payment_id, payments.order_id, payments.received_on, payments.amount as payment_amount,
        payments.row_no as payment_row, pieces.signed_on, pieces.line_no, pieces.person_id, pieces.account_id,
        pieces.product_line, pieces.currency, pieces.share_from, pieces.share_to, fx.fx_rate,
        round(payments.amount::decimal(22, 4) * fx.fx_rate, 4)::decimal(18, 4) as reporting_amount
    from src_payment as payments
    inner join pieces using (order_id)
    left join fx
        on pieces.currency = fx.currency
        and payments.received_on >= fx.valid_from and payments.received_on < fx.valid_before
    where payments.received_on <= getvariable('as_of')
)
select
    concat_ws('|', payment_id, 'order', order_id, line_no, parted.person_id) as collection_id,
    payment_id, order_id, received_on, signed_on, (received_on - signed_on)::bigint as days_from_signing,
    coalesce(customers.account_id, 'unknown') as customer_id, parted.account_id, parted.person_id,
    coalesce(place.org_path, '/unknown/') as org_path, coalesce(place.team, 'unknown') as team,
    coalesce(customers.region, place.region, 'unknown') as region, parted.product_line,
    coalesce(customers.customer_type, 'unknown') as customer_type, coalesce(tier_span.tier, 'unknown') as tier,
    (case when share_to = 1 then payment_amount else round(payment_amount::decimal(22, 4) * share_to, 2)::decimal(18, 4) end
        - round(payment_amount::decimal(22, 4) * share_from, 2)::decimal(18, 4))::decimal(18, 4) as original_amount,
    currency, fx_rate,
    (case when share_to = 1 then reporting_amount else round(reporting_amount::decimal(22, 4) * share_to, 2)::decimal(18, 4) end
        - round(reporting_amount::decimal(22, 4) * share_from, 2)::decimal(18, 4))::decimal(18, 4) as amount,
    'payments' as source, file_row('payments', payment_row) as source_row
from parted
left join src_account as customers using (account_id)
asof left join tier_span on parted.account_id = tier_span.customer_id and received_on >= tier_span.valid_from
-- Where he stood on the day of receipt; after he left, where he stood when he signed.
left join place
    on parted.person_id = place.person_id and (
        (received_on >= place.valid_from and received_on < place.valid_before)
        or (signed_on >= place.valid_from and signed_on < place.valid_before)
    )
qualify row_number() over (partition by payment_id, line_no order by place.valid_from desc) = 1;

-- A contact on a deal counts for its customer, if its kind counts for the customer's tier of that day and it says anything.
create table marts.fct_activity as
with known as (
    select activities.*, occurred_at::date as occurred_on, coalesce(activities.account_id, deals.account_id) as customer_id,
        deals.product_line
    from src_activity as activities
    left join src_deal as deals using (opportunity_id)
    where occurred_at::date <= getvariable('as_of')
)
select
    'activities|' || activity_id as activity_id, known.person_id,
    coalesce(place.org_path, '/unknown/') as org_path, coalesce(place.team, 'unknown') as team,
    coalesce(customers.region, place.region, 'unknown') as region, coalesce(product_line, 'unknown') as product_line,
    coalesce(customers.customer_type, 'unknown') as customer_type, coalesce(tier_span.tier, 'unknown') as tier,
    occurred_at - interval 8 hour as occurred_at, occurred_on, kind, null::timestamp as entered_at,
    known.customer_id, known.customer_id as account_id, opportunity_id, null::varchar as lead_id,
    coalesce(content in ('已联系'), false) as is_stop_phrase,
    coalesce(content not in ('已联系'), true) and counts_for(tier_span.tier, kind) as is_qualifying,
    content, null::varchar as feedback, null::varchar as next_step,
    null::date as next_step_on, null::varchar as attachment, 'activities' as source,
    file_row('activities', known.row_no) as source_row
from known
left join src_account as customers on known.account_id = customers.account_id
asof left join tier_span on known.customer_id = tier_span.customer_id and occurred_on >= tier_span.valid_from
left join place
    on known.person_id = place.person_id and occurred_on >= place.valid_from and occurred_on < place.valid_before;

-- Whose lead it is was found by the matching, a step in Python.
create table marts.fct_lead as
select
    leads.lead_id, leads.created_at - interval 8 hour as created_at, leads.created_at::date as created_on,
    assigned_at - interval 8 hour as assigned_at, first_response_at - interval 8 hour as first_response_at,
    coalesce(customers.account_id, 'unknown') as customer_id, coalesce(matched.matched_by, 'none') as customer_matched_by,
    coalesce(leads.owner_id, 'unknown') as person_id,
    coalesce(place.org_path, '/unknown/') as org_path, coalesce(place.team, 'unknown') as team,
    coalesce(leads.region, customers.region, place.region, 'unknown') as region, 'unknown' as product_line,
    coalesce(customers.customer_type, 'unknown') as customer_type, coalesce(tier_span.tier, 'unknown') as tier,
    leads.lead_source, status, length(leads.phone) between 7 and 15 and status <> 'invalid' as is_valid,
    'phone_and_status' as valid_source, converted_account_id, converted_opportunity_id, 'leads' as source,
    file_row('leads', leads.row_no) as source_row
from src_lead as leads
left join night.matching.lead_customer as matched using (lead_id)
left join src_account as customers on matched.customer_id = customers.account_id
asof left join tier_span on customers.account_id = tier_span.customer_id and leads.created_at::date >= tier_span.valid_from
left join place
    on leads.owner_id = place.person_id
    and leads.created_at::date >= place.valid_from and leads.created_at::date < place.valid_before;

create table marts.fct_quote as
select
    quote_id, quotes.opportunity_id, issued_on, coalesce(deals.customer_id, 'unknown') as customer_id, deals.account_id,
    quotes.person_id, coalesce(place.org_path, '/unknown/') as org_path, coalesce(place.team, 'unknown') as team,
    coalesce(deals.region, place.region, 'unknown') as region,
    coalesce(deals.product_line, 'unknown') as product_line,
    coalesce(deals.customer_type, 'unknown') as customer_type, coalesce(tier_span.tier, 'unknown') as tier,
    quotes.amount as original_amount, coalesce(deals.currency, 'CNY') as currency, fx.fx_rate,
    round(quotes.amount::decimal(22, 4) * fx.fx_rate, 4)::decimal(18, 4) as amount, 'quotes' as source,
    file_row('quotes', quotes.row_no) as source_row
from src_quote as quotes
left join marts.fct_opportunity as deals using (opportunity_id)
asof left join tier_span on deals.customer_id = tier_span.customer_id and issued_on >= tier_span.valid_from
left join place
    on quotes.person_id = place.person_id and issued_on >= place.valid_from and issued_on < place.valid_before
left join fx
    on coalesce(deals.currency, 'CNY') = fx.currency and issued_on >= fx.valid_from and issued_on < fx.valid_before
where issued_on <= getvariable('as_of');

create table marts.dim_product_line as
select product_line as product_line_id, product_line as product_line_name from marts.fct_opportunity
union
select product_line, product_line from marts.fct_booking;

-- What a customer is today: won over, late in a deal, in a deal, or none of them; an invalid one is nothing.
create table marts.dim_customer as
with standing as (
    select customer_id, bool_or(outcome = 'open') as is_open, bool_or(outcome = 'open' and stage_order >= 4) as is_late
    from marts.fct_opportunity group by 1
),
served as (
    select distinct account_id from order_in_force where signed_on <= getvariable('as_of')
),
today as (
    select account_id, max_by(six_month_amount, on_day) as six_month_amount, max_by(expected_amount, on_day) as expected_amount,
        max_by(rule_order, on_day) as rule_order
    from customer_money group by 1
)
select
    account_id as customer_id, name as customer_name, owner_id, region, customer_type, null::varchar as industry,
    lead_source, tier, tier_reason, to_money(six_month_amount) as six_month_amount,
    to_money(expected_amount) as expected_amount,
    case
        when state = 'invalid' then null when served.account_id is not null then 'closed_deal' when is_late then 'negotiating'
        when is_open then 'interested' else 'potential'
    end as lifecycle,
    state, created_at::date as created_on,
    phone[1:2] || '****' || phone[-2:] as phone_masked, null::varchar as email_masked, 1::bigint as record_count,
    1::bigint as crm_record_count, 'crm' as source_kind,
    'accounts' as source, file_row('accounts', row_no) as source_row, rules_version() as rules_version
from src_account
inner join today using (account_id)
inner join tier_rule using (rule_order)
left join standing on account_id = standing.customer_id
left join served using (account_id);
