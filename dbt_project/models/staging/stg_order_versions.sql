-- Grain: one row per order line and run of exports that showed it alike
-- Lines of one key from several sources: the source that D goes by, else the one that held it last.
with

versions as (
    select * from {{ source('landed', 'orders_version') }}
),

orders as (
    select * from {{ ref('stg_orders') }}
),

held as (
    select
        versions.order_id,
        coalesce(versions.line_no, '') as line_no,
        versions.source,
        max(case when versions.source = orders.source then 1 else 0 end) as is_in_force,
        max(coalesce(versions.valid_before, cast('9999-12-31' as date))) as held_before
    from versions
    left join orders
        on versions.order_id = orders.order_id and coalesce(versions.line_no, '') = orders.line_no
    group by versions.order_id, coalesce(versions.line_no, ''), versions.source
),

holders as (
    select * from held
    qualify row_number() over (
        partition by order_id, line_no
        order by is_in_force desc, held_before desc, source asc
    ) = 1
),

final as (
    select
        versions.order_id,
        coalesce(versions.line_no, '') as line_no,
        versions.version_no,
        versions.signed_on,
        versions.amount,
        {{ currency_of('versions.currency') }} as currency,
        versions.status,
        versions.cancelled_on,
        versions.account_id,
        versions.person_id,
        versions.opportunity_id,
        coalesce(versions.product_line, 'unknown') as product_line,
        versions.region,
        versions.valid_from,
        versions.valid_before,
        versions.source
    from versions
    inner join holders
        on
            versions.order_id = holders.order_id
            and coalesce(versions.line_no, '') = holders.line_no
            and versions.source = holders.source
)

select * from final
