-- Grain: one row per basis × period × unit × leaf: what was in reach there and what it brought
-- A unit is an opportunity, a customer in reach, a customer that owes (of collections) or, where a
-- booking names none of these, the order itself (is_direct). reach_count is 1 where the unit was in
-- reach in the period: open on a day of it, or won in it.
{% set values = ['signed_amount', 'order_count', 'new_customer_count', 'collected_amount'] %}
with

-- By number: many rows are grouped by period, unit and leaf.
periods as (
    select *, row_number() over (order by period_type, period_no) as place_no
    from {{ ref('int_gap_period') }}
    where is_started
),

leaves as (
    select leaf_id, leaf_no from {{ ref('int_leaf_scope') }} group by leaf_id, leaf_no
),

opportunities as (
    select opportunity_id, product_line, lead_source, customer_id from {{ ref('fct_opportunity') }}
),

customers as (
    select customer_id, lead_source from {{ ref('int_customer') }}
),

-- Companies without opportunities count customers; the drivers sheet may ask for either.
bases as (
    select case when count(*) > 0 then 'opportunity' else 'customer' end as driver_basis
    from opportunities
    union
    select case driver_basis when 'customers' then 'customer' else 'opportunity' end as driver_basis
    from {{ source('rules', 'drivers') }}
),

open_deals as (
    select opportunity_id, leaf_id, valid_from, valid_before
    from {{ ref('int_opportunity_segment') }}
    where standing = 'open' and not is_deleted
),

bookings as (
    select bookings.*, {{ leaf_id('bookings') }} as leaf_id
    from {{ ref('fct_booking') }} as bookings
),

collections as (
    select collections.*, {{ leaf_id('collections') }} as leaf_id
    from {{ ref('fct_collection') }} as collections
),

activities as (
    select
        activities.customer_id, activities.occurred_on, {{ leaf_id('activities') }} as leaf_id
    from {{ ref('fct_activity') }} as activities
    where activities.customer_id <> 'unknown' and activities.is_qualifying
),

first_orders as (
    select customer_id, min(event_on) as first_order_on
    from {{ ref('int_new_customer_event') }}
    where step = 1
    group by customer_id
),

instalments as (
    select order_id, due_on, paid_in_full_on from {{ ref('int_instalment') }}
),

-- In reach of whoever contacted it or sold to it in the twelve months before.
touched as (
    select customer_id, leaf_id, occurred_on as touched_on from activities
    union all
    select customer_id, leaf_id, booked_on as touched_on
    from bookings
    where customer_id <> 'unknown'
),

order_places as (
    select order_id, customer_id, leaf_id
    from bookings
    where order_id is not null and customer_id <> 'unknown'
    group by order_id, customer_id, leaf_id
),

reach as (
    select
        'opportunity' as driver_basis, opportunity_id as unit_id, leaf_id,
        valid_from as reach_from, valid_before as reach_before
    from open_deals
    union all
    select
        'customer' as driver_basis, customer_id as unit_id, leaf_id,
        min(touched_on) as reach_from, {{ leaves_window_on('max(touched_on)', 12) }} as reach_before
    from touched
    group by customer_id, leaf_id
    union all
    -- A customer owes from the day that an instalment is due to the day that it is paid.
    select
        'debtor' as driver_basis, order_places.customer_id as unit_id, order_places.leaf_id,
        least(instalments.due_on, coalesce(instalments.paid_in_full_on, instalments.due_on))
            as reach_from,
        {{ days_after("coalesce(instalments.paid_in_full_on, cast('9999-12-30' as date))", 1) }}
            as reach_before
    from instalments
    inner join order_places on instalments.order_id = order_places.order_id
),

events as (
    select
        booking_entry_id, order_id, opportunity_id, customer_id, leaf_id, booked_on as event_on,
        amount as signed_amount, 0 as order_count, 0 as new_customer_count
    from bookings
    union all
    select
        bookings.booking_entry_id, bookings.order_id, bookings.opportunity_id, bookings.customer_id,
        {{ leaf_id('steps') }} as leaf_id,
        steps.event_on,
        0 as signed_amount,
        steps.step as order_count,
        0 as new_customer_count
    from {{ ref('int_order_event') }} as steps
    inner join bookings on steps.booking_entry_id = bookings.booking_entry_id
    union all
    select
        bookings.booking_entry_id, bookings.order_id, bookings.opportunity_id, bookings.customer_id,
        {{ leaf_id('steps') }} as leaf_id, steps.event_on, 0 as signed_amount, 0 as order_count,
        steps.step as new_customer_count
    from {{ ref('int_new_customer_event') }} as steps
    inner join bookings on steps.booking_entry_id = bookings.booking_entry_id
),

credited as (
    select
        bases.driver_basis,
        case bases.driver_basis
            when 'opportunity' then events.opportunity_id else nullif(events.customer_id, 'unknown')
        end
            as unit_id,
        events.order_id,
        events.customer_id,
        events.leaf_id,
        events.event_on,
        events.signed_amount,
        events.order_count,
        events.new_customer_count,
        0 as collected_amount
    from events
    cross join bases
    union all
    select
        'debtor' as driver_basis,
        nullif(customer_id, 'unknown') as unit_id,
        order_id,
        customer_id,
        leaf_id,
        received_on as event_on,
        0 as signed_amount,
        0 as order_count,
        0 as new_customer_count,
        amount as collected_amount
    from collections
),

-- What each row names: the unit, or where a booking names none, its order.
named_credits as (
    select
        driver_basis, coalesce(unit_id, order_id, 'unknown') as unit_id,
        unit_id is null as is_direct, customer_id, leaf_id, event_on
        {%- for value in values %},
        coalesce({{ value }}, 0) as {{ value }}
        {%- endfor %}
    from credited
),

named_units as (
    select driver_basis, unit_id, false as is_direct
    from reach
    where driver_basis = 'debtor' or driver_basis in (select bases.driver_basis from bases)
    union
    select driver_basis, unit_id, is_direct from named_credits
),

units as (
    select
        named_units.*,
        opportunities.product_line,
        opportunities.lead_source,
        coalesce(
            opportunities.customer_id,
            case
                when named_units.driver_basis <> 'opportunity' and not named_units.is_direct
                    then named_units.unit_id
            end
        ) as own_customer_id,
        row_number()
            over (order by named_units.driver_basis, named_units.is_direct, named_units.unit_id)
            as unit_no
    from named_units
    left join opportunities
        on
            named_units.driver_basis = 'opportunity' and not named_units.is_direct
            and named_units.unit_id = opportunities.opportunity_id
),

numbered_reach as (
    select units.unit_no, leaves.leaf_no, reach.reach_from, reach.reach_before
    from reach
    inner join leaves on reach.leaf_id = leaves.leaf_id
    inner join units
        on
            reach.driver_basis = units.driver_basis and reach.unit_id = units.unit_id
            and not units.is_direct
),

numbered_credits as (
    select
        units.unit_no, leaves.leaf_no, named_credits.event_on,
        case when units.own_customer_id is null then named_credits.customer_id end as customer_id
        {%- for value in values %},
        named_credits.{{ value }}
        {%- endfor %}
    from named_credits
    inner join leaves on named_credits.leaf_id = leaves.leaf_id
    inner join units
        on
            named_credits.driver_basis = units.driver_basis
            and named_credits.unit_id = units.unit_id
            and named_credits.is_direct = units.is_direct
),

moments as (
    select
        periods.place_no, numbered_reach.unit_no, numbered_reach.leaf_no,
        cast(null as {{ dbt.type_string() }}) as customer_id, 1 as reach_count
        {%- for value in values %},
        0 as {{ value }}
        {%- endfor %}
    from numbered_reach
    inner join
        periods
        on
            numbered_reach.reach_from <= periods.through_on
            and numbered_reach.reach_before > periods.period_start
    union all
    select
        periods.place_no, numbered_credits.unit_no, numbered_credits.leaf_no,
        numbered_credits.customer_id, 0 as reach_count
        {%- for value in values %},
        numbered_credits.{{ value }}
        {%- endfor %}
    from numbered_credits
    inner join
        periods
        on
            numbered_credits.event_on >= periods.period_start
            and numbered_credits.event_on <= periods.through_on
),

summed as (
    select
        place_no, unit_no, leaf_no,
        max(customer_id) as customer_id, max(reach_count) as reach_count
        {%- for value in values %},
        sum({{ value }}) as {{ value }}
        {%- endfor %}
    from moments
    group by place_no, unit_no, leaf_no
),

-- Few units stand in several leaves: counting those is cheaper than counting beside every row.
contested as (
    select place_no, unit_no, count(*) as leaf_count
    from summed
    group by place_no, unit_no
    having count(*) > 1
),

owned as (
    select
        summed.*,
        units.driver_basis,
        units.unit_id,
        units.is_direct,
        units.product_line,
        units.lead_source,
        coalesce(units.own_customer_id, summed.customer_id) as unit_customer_id,
        periods.period_type,
        periods.period_no,
        periods.period_start,
        coalesce(contested.leaf_count, 1) as leaf_count
    from summed
    inner join units on summed.unit_no = units.unit_no
    inner join periods on summed.place_no = periods.place_no
    left join contested
        on summed.place_no = contested.place_no and summed.unit_no = contested.unit_no
),

final as (
    select
        owned.driver_basis,
        owned.period_type,
        owned.period_no,
        owned.unit_id,
        owned.is_direct,
        owned.leaf_no,
        -- Won is in reach as well; what was only taken back was neither open nor won here.
        cast(
            case
                when owned.is_direct then 0
                when
                    owned.reach_count = 1 or greatest(owned.{{ values | join(', owned.') }}) > 0
                    then 1
                else 0
            end as bigint
        ) as reach_count,
        case
            when
                owned.driver_basis = 'opportunity'
                then coalesce(owned.product_line, 'unknown')
            else '(all)'
        end
            as product_line,
        -- A customer is new in a period where its first effective order does not lie before it.
        -- Weeks are too short to be told apart further.
        case
            when owned.period_type = 'week' then '(all)'
            when first_orders.first_order_on < owned.period_start then 'existing'
            else 'new'
        end as customer_kind,
        case
            when owned.period_type = 'week' then '(all)'
            else coalesce(owned.lead_source, customers.lead_source, 'unknown')
        end as channel,
        owned.leaf_count
        {%- for value in values %},
        cast(owned.{{ value }} as decimal(18, 4)) as {{ value }}
    {%- endfor %}
    from owned
    left join customers on owned.unit_customer_id = customers.customer_id
    left join first_orders on owned.unit_customer_id = first_orders.customer_id
)

select * from final
