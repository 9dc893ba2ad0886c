-- Grain: one row per basis × metric × started period × scope × way of segmenting × segment: what
-- was in reach and won
-- Segmented by product line, and from months on by new or existing customer and by channel (lead
-- source).
with

drivers as (
    select * from {{ ref('int_gap_driver') }}
),

scopes as (
    select scope_no
    from {{ ref('int_leaf_scope') }}
    where scope_type = 'product_line' or scope_type not like '%product_line'
    group by scope_no
),

final as (
    select
        driver_basis,
        metric,
        period_type,
        period_no,
        scope_no,
        'product_line' as segment_by,
        product_line as segment_id,
        sum(reach_count) as reach_count, sum(won_count) as won_count, sum(won_value) as won_value
    from drivers
    group by all
    {% for column in ['customer_kind', 'channel'] -%}
    union all
    select
        drivers.driver_basis,
        drivers.metric,
        drivers.period_type,
        drivers.period_no,
        drivers.scope_no,
        '{{ column }}' as segment_by, drivers.{{ column }} as segment_id,
        sum(drivers.reach_count) as reach_count,
        sum(drivers.won_count) as won_count,
        sum(drivers.won_value) as won_value
    from drivers
    inner join scopes on drivers.scope_no = scopes.scope_no
    where drivers.period_type <> 'week'
    group by all
    {% endfor %}
)

select * from final
