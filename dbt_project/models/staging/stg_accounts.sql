-- Grain: one row per customer record as handed over
with

accounts as (
    select * from {{ source('landed', 'accounts') }}
),

final as (
    select
        account_id,
        name as account_name,
        owner_id,
        region,
        industry,
        size,
        coalesce(customer_type, 'unknown') as customer_type,
        lead_source,
        coalesce(is_strategic, false) as is_strategic,
        typed_tier,
        lifecycle_stage,
        coalesce(state, 'active') as state,
        created_at,
        created_on,
        phone,
        email,
        credit_code,
        source,
        source_kind,
        source_row,
        landed_on
    from accounts
)

select * from final
