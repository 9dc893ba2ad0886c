-- Grain: one row per metric that counts objects, object, key, day and leaf
-- An object (a customer, a deal) is what the metric tells apart; it is met by keys: records, days
-- or an amount.
-- depends_on: {{ ref('fct_activity') }}, {{ ref('fct_opportunity') }}, {{ ref('fct_lead') }}
-- depends_on: {{ ref('fct_quote') }}
-- depends_on: {{ ref('fct_booking') }}, {{ ref('fct_collection') }}
-- depends_on: {{ ref('int_credited_record') }}
-- depends_on: {{ source('rules', 'metric_formula') }}, {{ source('rules', 'metric_condition') }}
with

events as (
    {{ metric_event_union(is_additive=false) }}
),

final as (
    select
        metric,
        coalesce(object_id, record_key, '') as object_id,
        record_key,
        event_on,
        {{ leaf_id('events') }} as leaf_id,
        {{ leaf_columns() | join(', ') }},
        value
    from events
)

select * from final
