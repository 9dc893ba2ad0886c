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

leads as (
    select * from {{ ref('fct_lead') }}
),

-- The first answer is that of the lead clock: the first outbound contact by anyone, not the first
-- column filled.
responses as (
    select
        leads.created_on, leads.{{ leaf_columns() | join(', leads.') }}, answers.respond_minutes
    from {{ ref('mart_lead_response') }} as answers
    inner join leads on answers.lead_id = leads.lead_id
    where answers.is_responded
),

formula_days as (
    select * from {{ ref('int_formula_day') }}
),

reached_days as (
    select * from {{ ref('int_formula_reached_day') }}
),

metrics as (
    select * from {{ source('rules', 'metrics') }}
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
        cast({{ wide_product('amount', 'days_from_signing') }} as decimal(24, 4)) as value
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
        'valid_lead_count' as metric, created_on as event_on,
        {{ leaf_columns() | join(', ') }}, cast(1 as decimal(18, 4)) as value
    from leads
    where is_valid
    union all
    select
        'response_minutes' as metric, created_on as event_on,
        {{ leaf_columns() | join(', ') }}, cast(respond_minutes as decimal(18, 4)) as value
    from responses
    union all
    select
        'responded_lead_count' as metric, created_on as event_on,
        {{ leaf_columns() | join(', ') }}, cast(1 as decimal(18, 4)) as value
    from responses
),

summed as (
    select
        metric,
        event_on,
        {{ leaf_columns() | join(', ') }},
        sum(value) as value,
        count(case when value is null then 1 end) as unconverted_count
    from events
    group by all
    union all
    select metric, event_on, {{ leaf_columns() | join(', ') }}, value, unconverted_count
    from formula_days
    union all
    select metric, event_on, {{ leaf_columns() | join(', ') }}, value, 0 as unconverted_count
    from reached_days
),

-- A wrong row of the metrics sheet switches off that metric alone.
final as (
    select
        summed.metric,
        summed.event_on,
        {{ leaf_id('summed') }} as leaf_id,
        {%- for column in leaf_columns() %}
        summed.{{ column }},
        {%- endfor %}
        cast(coalesce(summed.value, 0) as decimal(28, 6)) as value,
        summed.unconverted_count
    from summed
    inner join metrics on summed.metric = metrics.metric and metrics.is_enabled
)

select * from final
