-- Grain: one row per ledger entry of a booking, before credit is split, valued at the rate of its
-- signing
with

company as (
    select * from {{ source('reference', 'company') }}
),

order_entries as (
    select * from {{ ref('int_order_entry') }}
),

opportunity_entries as (
    select * from {{ ref('int_opportunity_entry') }}
),

customers as (
    select * from {{ ref('int_customer_record') }}
),

rates as (
    select * from {{ ref('int_fx_rate') }}
),

entries as (
    select
        order_entries.*,
        'orders' as actual_source,
        concat('order|', order_entries.order_id) as credit_key
    from order_entries
    cross join company
    where company.signed_amount_source = 'orders'
    union all
    select
        opportunity_entries.*, 'won_opportunities' as actual_source,
        concat('opportunity|', opportunity_entries.opportunity_id) as credit_key
    from opportunity_entries
    cross join company
    where company.signed_amount_source = 'won_opportunities'
),

final as (
    select
        entries.*,
        coalesce(customers.customer_id, 'unknown') as customer_id,
        coalesce(customers.customer_type, 'unknown') as customer_type,
        rates.fx_rate,
        {{ converted('entries.position_before', 'rates.fx_rate') }} as reporting_before,
        {{ converted('entries.position_after', 'rates.fx_rate') }} as reporting_after
    from entries
    left join customers on entries.account_id = customers.account_id
    left join rates
        on
            entries.currency = rates.currency
            and {{ is_valid_on('rates', 'entries.signed_on') }}
)

select * from final
