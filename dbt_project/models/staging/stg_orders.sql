-- Grain: one row per order line, as last handed over
with

orders as (
    select * from {{ source('landed', 'orders') }}
),

final as (
    select
        order_id,
        coalesce(line_no, '') as line_no,
        account_id,
        person_id,
        opportunity_id,
        signed_on,
        amount,
        {{ currency_of('currency') }} as currency,
        coalesce(product_line, 'unknown') as product_line,
        region,
        status,
        cancelled_on,
        quantity,
        cost,
        contract_end_on,
        source,
        source_row
    from orders
)

select * from final
