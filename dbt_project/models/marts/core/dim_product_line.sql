-- Grain: one row per product line seen in deals, bookings or targets
with

opportunities as (
    select * from {{ ref('fct_opportunity') }}
),

bookings as (
    select * from {{ ref('fct_booking') }}
),

targets as (
    select * from {{ ref('stg_targets') }}
),

named as (
    select product_line from opportunities
    union
    select product_line from bookings
    union
    select product_line from targets
    where product_line is not null
),

final as (
    select
        product_line as product_line_id,
        product_line as product_line_name
    from named
)

select * from final
