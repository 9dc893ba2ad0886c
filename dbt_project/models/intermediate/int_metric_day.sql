-- Grain: one row per metric, day and leaf (who, where, what, to whom)
-- unconverted_count: rows left out because their currency has no rate on or before their day.
with

bookings as (
    select * from {{ ref('fct_booking') }}
),

collections as (
    select * from {{ ref('fct_collection') }}
),

order_events as (
    select * from {{ ref('int_order_event') }}
),

new_customers as (
    select * from {{ ref('int_new_customer_event') }}
),

activities as (
    select * from {{ ref('fct_activity') }}
),

quotes as (
    select * from {{ ref('fct_quote') }}
),

leads as (
    select * from {{ ref('fct_lead') }}
),

events as (
    select
        'signed_amount' as metric,
        booked_on as event_on,
        {{ leaf_columns() | join(', ') }},
        amount as value
    from bookings
    union all
    select
        'collected_amount' as metric,
        received_on as event_on,
        {{ leaf_columns() | join(', ') }},
        amount as value
    from collections
    union all
    select
        'collection_amount_days' as metric, received_on as event_on,
        {{ leaf_columns() | join(', ') }},
        cast({{ wide_product('amount', 'days_from_signing') }} as decimal(18, 4)) as value
    from collections
    where days_from_signing is not null
    union all
    select
        'order_count' as metric, event_on,
        {{ leaf_columns() | join(', ') }}, cast(step as decimal(18, 4)) as value
    from order_events
    union all
    select
        'new_customer_count' as metric, event_on,
        {{ leaf_columns() | join(', ') }}, cast(step as decimal(18, 4)) as value
    from new_customers
    union all
    select
        case kind when 'call' then 'call_count' else 'visit_count' end as metric,
        occurred_on as event_on,
        {{ leaf_columns() | join(', ') }}, cast(1 as decimal(18, 4)) as value
    from activities
    where kind in ('call', 'visit')
    union all
    select
        'quote_count' as metric, issued_on as event_on,
        {{ leaf_columns() | join(', ') }}, cast(1 as decimal(18, 4)) as value
    from quotes
    union all
    select
        'valid_lead_count' as metric, created_on as event_on,
        {{ leaf_columns() | join(', ') }}, cast(1 as decimal(18, 4)) as value
    from leads
    where is_valid
),

final as (
    select
        metric,
        event_on,
        {{ leaf_id('events') }} as leaf_id,
        {{ leaf_columns() | join(', ') }},
        coalesce(sum(value), 0) as value,
        count(case when value is null then 1 end) as unconverted_count
    from events
    group by all
)

select * from final
