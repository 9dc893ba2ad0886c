-- Grain: one row per quote issued up to the end of D
with

quotes as (
    select * from {{ ref('stg_quotes') }}
),

opportunities as (
    select * from {{ ref('fct_opportunity') }}
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

-- Nobody named: the owner of the opportunity.
credited as (
    select
        quotes.*,
        coalesce(quotes.person_id, opportunities.person_id, 'unknown') as credited_person_id,
        coalesce(opportunities.customer_id, 'unknown') as customer_id,
        opportunities.account_id,
        opportunities.region,
        coalesce(opportunities.product_line, 'unknown') as product_line,
        coalesce(opportunities.customer_type, 'unknown') as customer_type,
        coalesce(opportunities.currency, company.currency) as currency
    from quotes
    cross join {{ source('reference', 'company') }} as company
    left join opportunities on quotes.opportunity_id = opportunities.opportunity_id
),

placed as (
    select credited.*, memberships.org_path, memberships.team, memberships.region as person_region
    from credited
    left join memberships
        on
            credited.credited_person_id = memberships.person_id
            and {{ is_valid_on('memberships', 'credited.issued_on') }}
    qualify row_number() over (
        partition by credited.quote_id
        order by memberships.valid_from desc, memberships.org_path asc
    ) = 1
),

final as (
    select
        placed.quote_id,
        placed.opportunity_id,
        placed.issued_on,
        placed.customer_id,
        placed.account_id,
        placed.credited_person_id as person_id,
        coalesce(placed.org_path, '/unknown/') as org_path,
        coalesce(placed.team, 'unknown') as team,
        coalesce(placed.region, placed.person_region, 'unknown') as region,
        placed.product_line,
        placed.customer_type,
        coalesce(tiers.tier, 'unknown') as tier,
        placed.amount as original_amount,
        placed.currency,
        rates.fx_rate,
        {{ converted('placed.amount', 'rates.fx_rate') }} as amount,
        placed.source,
        placed.source_row
    from placed
    left join tiers
        on
            placed.customer_id = tiers.customer_id
            and {{ is_valid_on('tiers', 'placed.issued_on') }}
    left join rates
        on
            placed.currency = rates.currency
            and {{ is_valid_on('rates', 'placed.issued_on') }}
)

select * from final
