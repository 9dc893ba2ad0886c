-- Grain: one row per metric, day and leaf (who, where, what, to whom)
with

bookings as (
    select * from {{ ref('fct_booking') }}
),

activities as (
    select * from {{ ref('fct_activity') }}
),

signed as (
    select
        'signed_amount' as metric, booked_on as event_on,
        {{ leaf_columns() | join(', ') }}, amount as value
    from bookings
),

ordered as (
    select
        'order_count' as metric, booked_on as event_on,
        {{ leaf_columns() | join(', ') }},
        cast(case when entry_kind = 'signed' then 1 else -1 end as decimal(18, 4)) as value
    from bookings
    qualify row_number() over (
        partition by coalesce(order_id, booking_id), entry_kind order by booking_id
    ) = 1
),

contacted as (
    select
        case kind when 'call' then 'call_count' else 'visit_count' end as metric, occurred_on as event_on,
        {{ leaf_columns() | join(', ') }}, cast(1 as decimal(18, 4)) as value
    from activities
    where kind in ('call', 'visit')
),

events as (
    select * from signed
    union all
    select * from ordered
    union all
    select * from contacted
),

final as (
    select
        metric,
        event_on,
        {{ leaf_id('events') }} as leaf_id,
        {{ leaf_columns() | join(', ') }},
        sum(value) as value
    from events
    group by all
)

select * from final
