-- Grain: one row per day on which a customer's first effective order ever is reached (+1) or
-- undone (−1)
-- A condition met once: it counts on the day that it is reached and is taken back on the day
-- that a
-- reversal undoes it.
with

order_events as (
    select * from {{ ref('int_order_event') }}
    where customer_id <> 'unknown'
),

running as (
    select
        order_events.*,
        sum(step) over (
            partition by customer_id
            order by event_on asc, step desc, booking_entry_id asc rows unbounded preceding
        ) as effective_orders
    from order_events
),

turns as (
    select *
    from running
    where (step = 1 and effective_orders = 1) or (step = -1 and effective_orders = 0)
),

-- Gains and losses alternate: a loss is taken back from whom the gain before it was credited
-- to.
final as (
    select
        customer_id,
        event_on,
        recorded_on,
        step
        {%- for column in leaf_columns() %},
        case
            when step = 1 then {{ column }}
            else lag({{ column }}) over (
                partition by customer_id order by event_on asc, step desc, booking_entry_id asc
            )
        end as {{ column }}
        {%- endfor %},
        booking_entry_id
    from turns
)

select * from final
