-- Grain: one row per metric of the metrics sheet whose days add up, day and leaf
-- depends_on: {{ ref('fct_activity') }}, {{ ref('fct_opportunity') }}, {{ ref('fct_lead') }}
-- depends_on: {{ ref('fct_quote') }}
-- depends_on: {{ ref('fct_booking') }}, {{ ref('fct_collection') }}
-- depends_on: {{ ref('int_credited_record') }}
-- depends_on: {{ source('rules', 'metric_formula') }}, {{ source('rules', 'metric_condition') }}
with

events as (
    {{ metric_event_union(is_additive=true) }}
),

final as (
    select
        metric,
        event_on,
        {{ leaf_columns() | join(', ') }},
        sum(value) as value,
        count(case when value is null then 1 end) as unconverted_count
    from events
    group by all
)

select * from final
