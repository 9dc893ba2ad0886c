-- Grain: one row per customer
with

accounts as (
    select * from {{ ref('stg_accounts') }}
),

final as (
    select
        accounts.*,
        account_id as customer_id
    from accounts
)

select * from final
