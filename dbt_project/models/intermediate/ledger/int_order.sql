-- Grain: one row per order that was ever booked up to the end of D
with

entries as (
    select * from {{ ref('int_order_entry') }}
),

totals as (
    select order_id, sum(effective_step) > 0 as is_effective
    from entries
    group by order_id
),

-- What the order says of itself: its first line, as last booked.
openings as (
    select order_id, opportunity_id, account_id, person_id, currency, signed_on
    from entries
    where effective_step = 1
    qualify row_number() over (partition by order_id order by booking_id asc, entry_id desc) = 1
),

final as (
    select openings.*, totals.is_effective
    from openings
    inner join totals on openings.order_id = totals.order_id
)

select * from final
