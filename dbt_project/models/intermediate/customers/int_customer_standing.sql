-- Grain: one row per customer × scope and run of days on which it was active there
-- Active: an effective order in the 12 months before, and not invalid on that day. Credit is
-- stamped: what a customer bought counts where it was signed, so that nobody's leaving and no
-- change of owner moves it.
with

bookings as (
    select * from {{ ref('fct_booking') }} where customer_id <> 'unknown'
),

order_events as (
    select * from {{ ref('int_order_event') }} where customer_id <> 'unknown'
),

new_customers as (
    select * from {{ ref('int_new_customer_event') }}
),

-- Records may be younger than what they bought: whoever ordered was a customer, as the first of
-- them shows it.
lives as (
    select
        customer_id,
        is_alive,
        case
            when row_number() over (partition by customer_id order by valid_from) = 1
                then cast('1900-01-01' as date)
            else valid_from
        end as valid_from,
        valid_before
    from {{ ref('int_customer_life') }}
),

leaf_scopes as (
    select leaf_id, scope_no from {{ ref('int_leaf_scope') }}
),

order_turns as (
    select
        order_events.*,
        {{ leaf_id('order_events') }} as leaf_id,
        coalesce(
            lead(event_on) over (partition by order_id order by event_on asc, step desc),
            cast('9999-12-31' as date)
        ) as turned_on,
        min(event_on) over (partition by order_id) as signed_on
    from order_events
),

-- Twelve months, exclusive: an order speaks for the days up to the one before its anniversary.
order_spans as (
    select
        customer_id, leaf_id, event_on as valid_from,
        least(turned_on, {{ leaves_window_on('signed_on', 12) }}) as valid_before
    from order_turns
    where step = 1
),

changes as (
    select
        customer_id,
        leaf_id,
        valid_from as changed_on,
        1 as order_step,
        0 as amount_step,
        0 as new_step
    from order_spans
    where valid_from < valid_before
    union all
    select
        customer_id,
        leaf_id,
        valid_before as changed_on,
        -1 as order_step,
        0 as amount_step,
        0 as new_step
    from order_spans
    where valid_from < valid_before
    union all
    select
        customer_id, {{ leaf_id('bookings') }} as leaf_id, booked_on as changed_on, 0 as order_step,
        amount as amount_step, 0 as new_step
    from bookings
    union all
    select
        customer_id,
        {{ leaf_id('bookings') }} as leaf_id,
        {{ leaves_window_on('booked_on', 12) }} as changed_on,
        0 as order_step, -amount as amount_step, 0 as new_step
    from bookings
    union all
    select
        customer_id,
        {{ leaf_id('new_customers') }} as leaf_id,
        event_on as changed_on,
        0 as order_step,
        0 as amount_step, step as new_step
    from new_customers
),

daily as (
    select
        changes.customer_id,
        leaf_scopes.scope_no,
        changes.changed_on,
        sum(changes.order_step) as order_step,
        coalesce(sum(changes.amount_step), 0) as amount_step,
        sum(changes.new_step) as new_step
    from changes
    inner join leaf_scopes on changes.leaf_id = leaf_scopes.leaf_id
    where changes.changed_on <= {{ as_of() }}
    group by changes.customer_id, leaf_scopes.scope_no, changes.changed_on
),

levels as (
    select
        customer_id,
        scope_no,
        changed_on as valid_from,
        coalesce(
            lead(changed_on) over (partition by customer_id, scope_no order by changed_on),
            cast('9999-12-31' as date)
        ) as valid_before,
        sum(order_step)
            over (partition by customer_id, scope_no order by changed_on)
            as order_count,
        sum(amount_step) over (partition by customer_id, scope_no order by changed_on) as amount,
        max(case when new_step > 0 then changed_on end) over (
            partition by customer_id, scope_no order by changed_on
        ) as new_since_on
    from daily
),

-- Closed customers are lost from that day on, whatever they bought before.
final as (
    select
        levels.customer_id,
        levels.scope_no,
        -- Rounded per customer, so that the published lines add up to the cent.
        {{ money('levels.amount') }} as amount,
        levels.new_since_on,
        greatest(levels.valid_from, lives.valid_from) as valid_from,
        least(levels.valid_before, lives.valid_before) as valid_before
    from levels
    inner join lives
        on
            levels.customer_id = lives.customer_id
            and levels.valid_from < lives.valid_before and levels.valid_before > lives.valid_from
    where levels.order_count > 0 and lives.is_alive
)

select * from final
where valid_from < valid_before
