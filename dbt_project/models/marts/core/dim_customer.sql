-- Grain: one row per customer
with

customers as (
    select * from {{ ref('int_customer') }}
),

tiers as (
    select * from {{ ref('int_customer_tier') }}
),

lifecycles as (
    select customer_id, lifecycle
    from {{ ref('int_customer_lifecycle') }}
    where valid_from <= {{ as_of() }} and valid_before > {{ as_of() }}
),

final as (
    select
        customers.customer_id,
        customers.account_name as customer_name,
        customers.owner_id,
        coalesce(customers.region, 'unknown') as region,
        customers.customer_type,
        customers.industry,
        customers.lead_source,
        tiers.tier,
        tiers.tier_reason,
        {{ money('tiers.six_month_amount') }} as six_month_amount,
        {{ money('tiers.expected_amount') }} as expected_amount,
        -- An invalid customer is in no stage.
        lifecycles.lifecycle,
        customers.state,
        customers.created_on,
        {{ masked('customers.phone') }} as phone_masked,
        {{ masked('customers.email') }} as email_masked,
        customers.record_count,
        cast(customers.crm_record_count as bigint) as crm_record_count,
        customers.source_kind,
        customers.source,
        customers.source_row,
        {{ rules_version() }} as rules_version
    from customers
    inner join tiers on customers.customer_id = tiers.customer_id
    left join lifecycles on customers.customer_id = lifecycles.customer_id
)

select * from final
