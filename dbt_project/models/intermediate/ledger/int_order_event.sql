-- Grain: one row per day on which an order becomes effective (+1) or stops being so (−1)
-- Without orders a booked opportunity counts as one. The lines of an order count once; credit is
-- that of its first line, undivided (the largest share), and a reversal takes it back there.
with

bookings as (
    select bookings.*, coalesce(bookings.order_id, bookings.opportunity_id) as subject_id
    from {{ ref('fct_booking') }} as bookings
    where bookings.effective_step <> 0
),

-- On one day openings go first: lines that merely changed their terms never make a count of
-- zero.
running as (
    select
        bookings.*,
        sum(effective_step) over (
            partition by subject_id
            order by booked_on asc, effective_step desc, booking_entry_id asc
            rows unbounded preceding
        ) as effective_lines
    from bookings
),

turns as (
    select *
    from running
    where
        (effective_step = 1 and effective_lines = 1)
        or (effective_step = -1 and effective_lines = 0)
),

leaves as (
    select subject_id, customer_id, {{ leaf_columns() | join(', ') }}
    from bookings
    where effective_step = 1
    qualify row_number() over (partition by subject_id order by booking_id, booking_entry_id) = 1
),

final as (
    select
        turns.subject_id as order_id,
        turns.booked_on as event_on,
        turns.recorded_on,
        turns.effective_step as step,
        leaves.customer_id
        {%- for column in leaf_columns() %},
        leaves.{{ column }}
        {%- endfor %},
        turns.booking_entry_id
    from turns
    inner join leaves on turns.subject_id = leaves.subject_id
)

select * from final
