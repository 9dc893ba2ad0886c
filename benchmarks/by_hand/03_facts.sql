-- Bookings, collections, opportunities and all that happened, one pass over each file.
create table marts.fct_booking as
with states as (
    select *, 6 as state_no, 2 as step_no, 'signed' as entry_kind, signed_on as booked_on, 1 as sign
    from src_order where cancelled_on is null
    union all
    select *, 5, 2, 'signed', signed_on, 1 from src_order where cancelled_on is not null
    union all
    select *, 6, 1, 'cancelled', greatest(cancelled_on, signed_on), -1
    from src_order where cancelled_on <= getvariable('as_of')
)
select
    concat('order|', order_id, '|', line_no, '|', state_no, '|', step_no, '|', states.person_id) as booking_entry_id,
    concat('order|', order_id, '|', line_no) as booking_id,
    entry_kind, booked_on, getvariable('as_of') as recorded_on, signed_on, order_id, opportunity_id,
    coalesce(customers.account_id, 'unknown') as customer_id,
    states.person_id,
    coalesce(place.org_path, '/unknown/') as org_path,
    coalesce(place.team, 'unknown') as team,
    coalesce(customers.region, place.region, 'unknown') as region,
    states.product_line,
    coalesce(customers.customer_type, 'unknown') as customer_type,
    'unknown' as tier,
    (sign * states.amount)::decimal(18, 4) as original_amount,
    states.currency,
    fx.fx_rate,
    (sign * round(states.amount::decimal(22, 4) * fx.fx_rate, 4))::decimal(18, 4) as amount,
    1::decimal(18, 6) as credit_share_rate,
    null::varchar as credit_reason,
    sign::bigint as effective_step,
    'orders' as actual_source,
    'orders' as source,
    file_row('orders', states.row_no) as source_row
from states
left join src_account as customers on states.account_id = customers.account_id
left join place
    on states.person_id = place.person_id and states.signed_on >= place.valid_from and states.signed_on < place.valid_before
left join fx
    on states.currency = fx.currency and states.signed_on >= fx.valid_from and states.signed_on < fx.valid_before;

create table order_in_force as
select opportunity_id, order_id, min(signed_on) as signed_on, any_value(account_id) as account_id
from src_order where cancelled_on is null or cancelled_on > getvariable('as_of')
group by opportunity_id, order_id;

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
    credited.owner_id as person_id,
    coalesce(place.org_path, '/unknown/') as org_path, coalesce(place.team, 'unknown') as team,
    coalesce(customers.region, place.region, 'unknown') as region, credited.product_line,
    coalesce(customers.customer_type, 'unknown') as customer_type, 'unknown' as tier, 'default' as pipeline,
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
left join place
    on credited.owner_id = place.person_id
    and credited.credited_on >= place.valid_from and credited.credited_on < place.valid_before
left join fx
    on credited.currency = fx.currency and credited.credited_on >= fx.valid_from and credited.credited_on < fx.valid_before;

create table customer_tier as
with signed as (
    select customer_id, sum(amount) as six_month_amount
    from marts.fct_booking
    where booked_on > (getvariable('as_of') - interval 6 month)::date and booked_on <= getvariable('as_of')
    group by customer_id
),
expected as (
    select customer_id, sum(amount) as expected_amount from marts.fct_opportunity where is_open group by customer_id
)
select
    account_id as customer_id, coalesce(six_month_amount, 0) as six_month_amount,
    coalesce(expected_amount, 0) as expected_amount,
    tier_rule_of(is_strategic = 'Y', coalesce(six_month_amount, 0), coalesce(expected_amount, 0)) as rule_order
from src_account
left join signed on account_id = signed.customer_id
left join expected on account_id = expected.customer_id;

create table marts.dim_customer as
select
    account_id as customer_id, name as customer_name, owner_id, region, customer_type, null::varchar as industry,
    lead_source, tier, tier_reason, to_money(six_month_amount) as six_month_amount,
    to_money(expected_amount) as expected_amount, state, created_at::date as created_on,
    phone[1:2] || '****' || phone[-2:] as phone_masked, null::varchar as email_masked,
    'accounts' as source, file_row('accounts', row_no) as source_row
from src_account
inner join customer_tier on account_id = customer_id
inner join tier_rule using (rule_order);

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
    coalesce(customers.account_id, 'unknown') as customer_id, parted.person_id,
    coalesce(place.org_path, '/unknown/') as org_path, coalesce(place.team, 'unknown') as team,
    coalesce(customers.region, place.region, 'unknown') as region, parted.product_line,
    coalesce(customers.customer_type, 'unknown') as customer_type, 'unknown' as tier,
    (case when share_to = 1 then payment_amount else round(payment_amount::decimal(22, 4) * share_to, 2)::decimal(18, 4) end
        - round(payment_amount::decimal(22, 4) * share_from, 2)::decimal(18, 4))::decimal(18, 4) as original_amount,
    currency, fx_rate,
    (case when share_to = 1 then reporting_amount else round(reporting_amount::decimal(22, 4) * share_to, 2)::decimal(18, 4) end
        - round(reporting_amount::decimal(22, 4) * share_from, 2)::decimal(18, 4))::decimal(18, 4) as amount,
    'payments' as source, file_row('payments', payment_row) as source_row
from parted
left join src_account as customers using (account_id)
-- Where he stood on the day of receipt; after he left, where he stood when he signed.
left join place
    on parted.person_id = place.person_id and (
        (received_on >= place.valid_from and received_on < place.valid_before)
        or (signed_on >= place.valid_from and signed_on < place.valid_before)
    )
qualify row_number() over (partition by payment_id, line_no order by place.valid_from desc) = 1;

create table marts.fct_activity as
select
    'activities|' || activity_id as activity_id, activities.person_id,
    coalesce(place.org_path, '/unknown/') as org_path, coalesce(place.team, 'unknown') as team,
    coalesce(customers.region, place.region, 'unknown') as region,
    coalesce(deals.product_line, 'unknown') as product_line,
    coalesce(customers.customer_type, 'unknown') as customer_type, 'unknown' as tier,
    occurred_at - interval 8 hour as occurred_at, occurred_at::date as occurred_on, kind, null::timestamp as entered_at,
    coalesce(customers.account_id, deals.account_id) as customer_id, activities.opportunity_id,
    null::varchar as lead_id, content, null::varchar as feedback, null::varchar as next_step,
    null::date as next_step_on, null::varchar as attachment, 'activities' as source,
    file_row('activities', activities.row_no) as source_row
from src_activity as activities
left join src_deal as deals using (opportunity_id)
left join src_account as customers on activities.account_id = customers.account_id
left join place
    on activities.person_id = place.person_id
    and occurred_at::date >= place.valid_from and occurred_at::date < place.valid_before
where occurred_at::date <= getvariable('as_of');

create table marts.fct_lead as
select
    lead_id, leads.created_at - interval 8 hour as created_at, leads.created_at::date as created_on,
    assigned_at - interval 8 hour as assigned_at, first_response_at - interval 8 hour as first_response_at,
    coalesce(customers.account_id, 'unknown') as customer_id, coalesce(leads.owner_id, 'unknown') as person_id,
    coalesce(place.org_path, '/unknown/') as org_path, coalesce(place.team, 'unknown') as team,
    coalesce(leads.region, customers.region, place.region, 'unknown') as region, 'unknown' as product_line,
    coalesce(customers.customer_type, 'unknown') as customer_type, 'unknown' as tier, leads.lead_source, status,
    length(leads.phone) between 7 and 15 and status <> 'invalid' as is_valid, 'phone_and_status' as valid_source,
    converted_account_id, converted_opportunity_id, 'leads' as source, file_row('leads', leads.row_no) as source_row
from src_lead as leads
left join src_account as customers on converted_account_id = customers.account_id
left join place
    on leads.owner_id = place.person_id
    and leads.created_at::date >= place.valid_from and leads.created_at::date < place.valid_before;

create table marts.fct_quote as
select
    quote_id, quotes.opportunity_id, issued_on, coalesce(deals.customer_id, 'unknown') as customer_id,
    quotes.person_id, coalesce(place.org_path, '/unknown/') as org_path, coalesce(place.team, 'unknown') as team,
    coalesce(deals.region, place.region, 'unknown') as region,
    coalesce(deals.product_line, 'unknown') as product_line,
    coalesce(deals.customer_type, 'unknown') as customer_type, 'unknown' as tier,
    quotes.amount as original_amount, coalesce(deals.currency, 'CNY') as currency, 'quotes' as source,
    file_row('quotes', quotes.row_no) as source_row
from src_quote as quotes
left join marts.fct_opportunity as deals using (opportunity_id)
left join place
    on quotes.person_id = place.person_id and issued_on >= place.valid_from and issued_on < place.valid_before
where issued_on <= getvariable('as_of');

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

create table marts.dim_product_line as
select product_line as product_line_id, product_line as product_line_name from marts.fct_opportunity
union
select product_line, product_line from marts.fct_booking;
