-- Grain: one row per disagreement between a won or signed opportunity, its order and its payments
-- Warns and changes nothing. Sides that a company does not deliver are not compared. Amounts are
-- compared in their own currency where it is one, else in the reporting currency.
{% set amount_tolerance = '0.01' %}
{% set days_tolerance = 31 %}
with

company as (
    select * from {{ source('reference', 'company') }}
),

deals as (
    select deals.*, count(*) over () as deal_count
    from {{ ref('fct_opportunity') }} as deals
),

orders as (
    select * from {{ ref('int_order') }}
    where (select company.signed_amount_source from company) = 'orders'
),

bookings as (
    select
        order_id,
        max(customer_id) as customer_id,
        sum(original_amount) as original_amount,
        sum(amount) as amount,
        count(distinct currency) as currency_count,
        min(source) as source,
        min(source_row) as source_row
    from {{ ref('fct_booking') }}
    where order_id is not null
    group by order_id
),

payments as (
    select
        order_id, sum(amount) as paid_amount, min(received_on) as first_received_on,
        min(source) as source, min(source_row) as source_row
    from {{ ref('stg_payments') }}
    group by order_id
),

known_orders as (
    select order_id, currency from {{ ref('int_landed_order') }} group by order_id, currency
),

signed_stages as (
    select opportunity_id, max(entered_on) as signed_on
    from {{ ref('fct_stage_visit') }}
    where is_signed or outcome = 'won'
    group by opportunity_id
),

signed_deals as (
    select
        deals.*,
        coalesce(deals.closed_on, signed_stages.signed_on) as won_on
    from deals
    left join signed_stages on deals.opportunity_id = signed_stages.opportunity_id
    where deals.outcome = 'won' or deals.is_signed
),

-- Of all effective orders of one deal together.
deal_orders as (
    select
        orders.opportunity_id,
        min(orders.order_id) as order_id,
        count(*) as order_count,
        max(bookings.customer_id) as customer_id,
        min(orders.person_id) as person_id,
        sum(bookings.original_amount) as original_amount,
        sum(bookings.amount) as amount,
        min(orders.currency) as currency,
        max(bookings.currency_count) = 1
        and count(distinct orders.currency) = 1 as has_one_currency,
        min(orders.signed_on) as signed_on,
        min(bookings.source) as source,
        min(bookings.source_row) as source_row
    from orders
    inner join bookings on orders.order_id = bookings.order_id
    where orders.is_effective and orders.opportunity_id is not null
    group by orders.opportunity_id
),

pairs as (
    select
        signed_deals.opportunity_id,
        deal_orders.order_id,
        signed_deals.customer_id,
        signed_deals.person_id,
        deal_orders.has_one_currency
        and deal_orders.currency = signed_deals.currency as is_in_one_currency,
        signed_deals.original_amount as deal_original_amount,
        signed_deals.amount as deal_amount,
        deal_orders.original_amount as order_original_amount,
        deal_orders.amount as order_amount,
        signed_deals.currency,
        signed_deals.won_on,
        deal_orders.signed_on,
        deal_orders.source,
        deal_orders.source_row
    from signed_deals
    inner join deal_orders on signed_deals.opportunity_id = deal_orders.opportunity_id
),

compared as (
    select
        pairs.*,
        case
            when pairs.is_in_one_currency then pairs.deal_original_amount else pairs.deal_amount
        end as left_amount,
        case
            when pairs.is_in_one_currency then pairs.order_original_amount else pairs.order_amount
        end
            as right_amount,
        case when pairs.is_in_one_currency then pairs.currency else company.currency end
            as compared_currency
    from pairs
    cross join company
),

{% set empty = {
    'text': 'cast(null as ' ~ dbt.type_string() ~ ')',
    'day': 'cast(null as date)',
    'amount': 'cast(null as decimal(18, 4))',
} -%}
found as (
    select
        'opportunity_without_order' as problem,
        signed_deals.opportunity_id,
        {{ empty.text }} as order_id,
        signed_deals.customer_id, signed_deals.person_id, signed_deals.currency,
        signed_deals.original_amount as opportunity_amount,
        {{ empty.amount }} as order_amount,
        {{ empty.amount }} as paid_amount,
        signed_deals.won_on, {{ empty.day }} as signed_on, {{ empty.day }} as first_received_on,
        signed_deals.source, signed_deals.source_row
    from signed_deals
    left join deal_orders on signed_deals.opportunity_id = deal_orders.opportunity_id
    where
        deal_orders.opportunity_id is null
        and (select company.signed_amount_source from company) = 'orders'
    union all
    select
        case
            when orders.opportunity_id is null then 'order_without_opportunity'
            when deals.opportunity_id is null then 'opportunity_unknown'
            else 'opportunity_not_won'
        end as problem,
        orders.opportunity_id,
        orders.order_id,
        bookings.customer_id,
        orders.person_id,
        orders.currency,
        deals.original_amount as opportunity_amount,
        bookings.original_amount as order_amount,
        {{ empty.amount }} as paid_amount,
        {{ empty.day }} as won_on, orders.signed_on, {{ empty.day }} as first_received_on,
        bookings.source, bookings.source_row
    from orders
    inner join bookings on orders.order_id = bookings.order_id
    left join deals on orders.opportunity_id = deals.opportunity_id
    where
        orders.is_effective
        and (select max(every_deal.deal_count) from deals as every_deal) > 0
        and coalesce(deals.outcome <> 'won' and not deals.is_signed, true)
    union all
    select
        'amount_differs' as problem,
        opportunity_id,
        order_id,
        customer_id,
        person_id,
        compared_currency as currency,
        left_amount as opportunity_amount,
        right_amount as order_amount,
        {{ empty.amount }} as paid_amount,
        won_on, signed_on, {{ empty.day }} as first_received_on, source, source_row
    from compared
    where abs(left_amount - right_amount) > {{ amount_tolerance }} * abs(right_amount)
    union all
    select
        'date_differs' as problem,
        opportunity_id,
        order_id,
        customer_id,
        person_id,
        compared_currency as currency,
        left_amount as opportunity_amount,
        right_amount as order_amount,
        {{ empty.amount }} as paid_amount,
        won_on, signed_on, {{ empty.day }} as first_received_on, source, source_row
    from compared
    where abs({{ days_between('won_on', 'signed_on') }}) > {{ days_tolerance }}
    union all
    select
        case
            when known_orders.order_id is null then 'payment_without_order'
            when not coalesce(orders.is_effective, false) then 'order_not_effective'
            else 'paid_above_order'
        end as problem,
        orders.opportunity_id,
        payments.order_id,
        bookings.customer_id,
        orders.person_id,
        known_orders.currency,
        {{ empty.amount }} as opportunity_amount,
        bookings.original_amount as order_amount,
        payments.paid_amount,
        {{ empty.day }} as won_on,
        orders.signed_on,
        payments.first_received_on,
        payments.source,
        payments.source_row
    from payments
    left join known_orders on payments.order_id = known_orders.order_id
    left join orders on payments.order_id = orders.order_id
    left join bookings on payments.order_id = bookings.order_id
    where
        (select company.signed_amount_source from company) = 'orders'
        and (
            known_orders.order_id is null
            or (not coalesce(orders.is_effective, false) and payments.paid_amount > 0)
            or (bookings.currency_count = 1 and payments.paid_amount > bookings.original_amount)
        )
),

final as (
    select
        concat(problem, '|', coalesce(opportunity_id, ''), '|', coalesce(order_id, '')) as check_id,
        problem,
        opportunity_id,
        order_id,
        coalesce(customer_id, 'unknown') as customer_id,
        coalesce(person_id, 'unknown') as owner_id,
        currency,
        {{ money('opportunity_amount') }} as opportunity_amount,
        {{ money('order_amount') }} as order_amount,
        {{ money('paid_amount') }} as paid_amount,
        {{ money('case
            when problem in (\'paid_above_order\', \'order_not_effective\')
                then paid_amount - coalesce(order_amount, 0)
            when problem = \'amount_differs\' then opportunity_amount - order_amount
        end') }} as difference_amount,
        case
            when problem = 'amount_differs'
                then {{ rate(ratio('opportunity_amount - order_amount', 'abs(order_amount)')) }}
        end as difference_rate,
        won_on,
        signed_on,
        first_received_on,
        cast({{ days_between('won_on', 'signed_on') }} as bigint) as days_apart,
        source,
        source_row
    from found
)

select * from final
