-- Grain: one row per ledger entry of a booking and credited person, with the day on which it could
-- be known
-- What the first export of a source shows counts as known on its own day: nobody kept when it was
-- entered.
with

bookings as (
    select * from {{ ref('fct_booking') }}
),

final as (
    select
        bookings.booking_entry_id,
        bookings.opportunity_id,
        {{ leaf_id('bookings') }} as leaf_id,
        bookings.booked_on,
        case
            when
                bookings.recorded_on = min(bookings.recorded_on) over (partition by bookings.source)
                then bookings.booked_on
            else greatest(bookings.booked_on, bookings.recorded_on)
        end as known_on,
        bookings.amount
    from bookings
    where bookings.amount is not null
)

select * from final
