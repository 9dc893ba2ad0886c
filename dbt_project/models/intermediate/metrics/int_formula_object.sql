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

formulas as (
    select * from {{ source('rules', 'metric_formula') }}
),

final as (
    select
        events.metric,
        coalesce(events.object_id, events.record_key) as object_id,
        events.record_key,
        events.event_on,
        {{ leaf_id('events') }} as leaf_id,
        {{ leaf_columns() | join(', ') }},
        sum(events.value) as value
    from events
    inner join formulas on events.metric = formulas.metric
    where
        formulas.aggregate <> 'distinct'
        or (events.object_id is not null and events.object_id <> '')
    group by all
)

select * from final
