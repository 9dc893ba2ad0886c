-- Grain: one row per payment, order line and credited person
-- Money follows the order: its lines by their amounts as first signed, its people by their shares.
-- Each person is credited where he stood on the day of receipt. Converted at the rate of that day.
with

payments as (
    select * from {{ ref('stg_payments') }}
),

cells as (
    select * from {{ ref('int_order_cell') }}
),

orders as (
    select * from {{ ref('int_order') }}
),

landed_orders as (
    select * from {{ ref('int_landed_order') }}
),

customers as (
    select * from {{ ref('int_customer_record') }}
),

places as (
    select * from {{ ref('int_account_place') }}
),

tiers as (
    select * from {{ ref('int_customer_tier_span') }}
),

memberships as (
    select * from {{ ref('int_person_org') }}
),

rates as (
    select * from {{ ref('int_fx_rate') }}
),

company as (
    select * from {{ source('reference', 'company') }}
),

priced as (
    select
        payments.payment_id,
        payments.order_id,
        payments.received_on,
        payments.amount as payment_amount,
        coalesce(orders.currency, landed_orders.currency, company.currency) as currency,
        orders.signed_on,
        landed_orders.account_id,
        landed_orders.person_id,
        landed_orders.product_line,
        landed_orders.region,
        payments.source,
        payments.source_row
    from payments
    cross join company
    left join orders on payments.order_id = orders.order_id
    left join landed_orders on payments.order_id = landed_orders.order_id
),

rated as (
    select
        priced.*,
        rates.fx_rate,
        {{ converted('priced.payment_amount', 'rates.fx_rate') }} as reporting_amount
    from priced
    left join rates
        on
            priced.currency = rates.currency
            and {{ is_valid_on('rates', 'priced.received_on') }}
),

parted as (
    select
        concat_ws('|', rated.payment_id, cells.booking_id, cells.person_id) as collection_id,
        rated.payment_id,
        rated.order_id,
        rated.received_on,
        rated.signed_on,
        coalesce(cells.person_id, rated.person_id, 'unknown') as person_id,
        coalesce(cells.account_id, rated.account_id) as account_id,
        coalesce(cells.product_line, rated.product_line, 'unknown') as product_line,
        coalesce(cells.region, rated.region) as region,
        rated.currency,
        rated.fx_rate,
        coalesce(cells.share_from, cast(0 as decimal(18, 12))) as share_from,
        coalesce(cells.share_to, cast(1 as decimal(18, 12))) as share_to,
        rated.payment_amount,
        rated.reporting_amount,
        rated.source,
        rated.source_row
    from rated
    left join cells on rated.order_id = cells.order_id
),

-- Where he stood on the day of receipt; after he left, where he stood when he signed.
placed as (
    select
        parted.*,
        memberships.org_path,
        memberships.team,
        memberships.region as person_region
    from parted
    left join memberships
        on
            parted.person_id = memberships.person_id
            and (
                (
                    {{ is_valid_on('memberships', 'parted.received_on') }}
                )
                or (
                    {{ is_valid_on('memberships', 'parted.signed_on') }}
                )
            )
    qualify row_number() over (
        partition by parted.collection_id
        order by memberships.valid_from desc, memberships.org_path asc
    ) = 1
),

final as (
    select
        placed.collection_id,
        placed.payment_id,
        placed.order_id,
        placed.received_on,
        placed.signed_on,
        cast({{ days_between('placed.signed_on', 'placed.received_on') }} as bigint)
            as days_from_signing,
        coalesce(customers.customer_id, 'unknown') as customer_id,
        placed.account_id,
        placed.person_id,
        coalesce(placed.org_path, '/unknown/') as org_path,
        coalesce(placed.team, 'unknown') as team,
        coalesce(placed.region, places.region, placed.person_region, 'unknown') as region,
        placed.product_line,
        coalesce(customers.customer_type, 'unknown') as customer_type,
        coalesce(tiers.tier, 'unknown') as tier,
        cast({{ part_of('payment_amount', 'share_from', 'share_to') }} as decimal(18, 4))
            as original_amount,
        placed.currency,
        placed.fx_rate,
        cast({{ part_of('reporting_amount', 'share_from', 'share_to') }} as decimal(18, 4))
            as amount,
        placed.source,
        placed.source_row
    from placed
    left join customers on placed.account_id = customers.account_id
    left join places
        on
            placed.account_id = places.account_id
            and {{ is_valid_on('places', 'placed.received_on') }}
    left join tiers
        on
            customers.customer_id = tiers.customer_id
            and {{ is_valid_on('tiers', 'placed.received_on') }}
)

select * from final
