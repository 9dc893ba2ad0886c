-- Grain: one row per started quarter × scope that misses a regular customer: the largest of them
-- Regular: bought in at least two of the four closed quarters before; missed: nothing in the last
-- of these, nor since. expected_amount is what it brought in an average quarter of the four.
with

bookings as (
    select
        bookings.customer_id,
        bookings.booked_on,
        bookings.amount,
        {{ leaf_id('bookings') }} as leaf_id
    from {{ ref('fct_booking') }} as bookings
    where bookings.customer_id <> 'unknown'
),

quarters as (
    select * from {{ ref('int_gap_period') }} where period_type = 'quarter' and is_started
),

leaf_scopes as (
    select leaf_id, scope_no from {{ ref('int_leaf_scope') }}
),

bought as (
    select
        quarters.period_no,
        leaf_scopes.scope_no,
        bookings.customer_id,
        sum(bookings.amount) as amount
    from bookings
    inner join
        quarters
        on bookings.booked_on >= quarters.period_start and bookings.booked_on <= quarters.through_on
    inner join leaf_scopes on bookings.leaf_id = leaf_scopes.leaf_id
    group by quarters.period_no, leaf_scopes.scope_no, bookings.customer_id
    having sum(bookings.amount) > 0
),

compared as (
    select
        quarters.period_no,
        bought.scope_no,
        bought.customer_id,
        count(case when bought.period_no <= quarters.base_last_no then 1 end) as quarter_count,
        count(case when bought.period_no >= quarters.base_last_no then 1 end) as recent_count,
        sum(case when bought.period_no <= quarters.base_last_no then bought.amount end)
            as base_amount
    from bought
    inner join quarters
        on bought.period_no > quarters.base_last_no - 4 and bought.period_no <= quarters.period_no
    where quarters.has_target
    group by quarters.period_no, bought.scope_no, bought.customer_id
),

final as (
    select period_no, scope_no, customer_id, {{ money('base_amount * 0.25') }} as expected_amount
    from compared
    where quarter_count >= 2 and recent_count = 0
    qualify
        row_number() over (
            partition by period_no, scope_no order by base_amount desc, customer_id asc
        )
        = 1
)

select * from final
