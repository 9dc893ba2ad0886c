-- Grain: one row per booking entry: a signing, or its reversal
with

orders as (
    select * from {{ ref('stg_orders') }}
),

opportunities as (
    select * from {{ ref('fct_opportunity') }}
),

company as (
    select * from {{ source('reference', 'company') }}
),

customers as (
    select * from {{ ref('int_customer') }}
),

memberships as (
    select * from {{ ref('int_person_org') }}
),

rates as (
    select * from {{ ref('int_fx_rate') }}
),

signings as (
    select
        concat('order|', orders.order_id, '|', orders.line_no) as booking_id,
        orders.order_id,
        orders.opportunity_id,
        orders.account_id,
        coalesce(orders.person_id, 'unknown') as person_id,
        orders.signed_on,
        orders.cancelled_on,
        orders.amount as original_amount,
        orders.currency,
        orders.product_line,
        orders.region,
        orders.source,
        orders.source_row
    from orders
    cross join company
    where company.signed_amount_source = 'orders' and not orders.is_never_effective
),

order_entries as (
    select signings.*, 'signed' as entry_kind, signed_on as booked_on, 1 as sign from signings
    union all
    select signings.*, 'cancelled' as entry_kind, cancelled_on as booked_on, -1 as sign
    from signings
    where cancelled_on <= (select company.as_of from company)
),

order_bookings as (
    select
        concat(entries.booking_id, '|', entries.entry_kind) as booking_entry_id,
        entries.booking_id,
        entries.entry_kind,
        entries.booked_on,
        entries.order_id,
        entries.opportunity_id,
        coalesce(customers.customer_id, 'unknown') as customer_id,
        entries.person_id,
        coalesce(memberships.org_path, '/unknown/') as org_path,
        coalesce(memberships.team, 'unknown') as team,
        coalesce(entries.region, customers.region, memberships.region, 'unknown') as region,
        entries.product_line,
        coalesce(customers.customer_type, 'unknown') as customer_type,
        'unknown' as tier,
        cast(entries.sign * entries.original_amount as decimal(18, 4)) as original_amount,
        entries.currency,
        -- A reversal is converted at its booking's rate: it takes back what was booked.
        rates.fx_rate,
        cast(entries.sign * entries.original_amount * rates.fx_rate as decimal(18, 4)) as amount,
        'orders' as actual_source,
        entries.source,
        entries.source_row
    from order_entries as entries
    left join customers on entries.account_id = customers.account_id
    left join memberships
        on
            entries.person_id = memberships.person_id
            and entries.signed_on >= memberships.valid_from
            and entries.signed_on < memberships.valid_before
    left join rates
        on
            entries.currency = rates.currency
            and entries.signed_on >= rates.valid_from
            and entries.signed_on < rates.valid_before
),

won_bookings as (
    select
        concat('opportunity|', opportunities.opportunity_id, '|signed') as booking_entry_id,
        concat('opportunity|', opportunities.opportunity_id) as booking_id,
        'signed' as entry_kind,
        opportunities.closed_on as booked_on,
        cast(null as {{ dbt.type_string() }}) as order_id,
        opportunities.opportunity_id,
        opportunities.customer_id,
        opportunities.person_id,
        opportunities.org_path,
        opportunities.team,
        opportunities.region,
        opportunities.product_line,
        opportunities.customer_type,
        opportunities.tier,
        opportunities.original_amount,
        opportunities.currency,
        opportunities.fx_rate,
        opportunities.amount,
        'won_opportunities' as actual_source,
        opportunities.source,
        opportunities.source_row
    from opportunities
    cross join company
    where company.signed_amount_source = 'won_opportunities' and opportunities.outcome = 'won'
),

final as (
    select * from order_bookings
    union all
    select * from won_bookings
)

select * from final
