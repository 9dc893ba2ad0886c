-- Grain: one row per quote issued up to the end of D
with

quotes as (
    select * from {{ ref('stg_quotes') }}
),

opportunities as (
    select * from {{ ref('fct_opportunity') }}
),

memberships as (
    select * from {{ ref('int_person_org') }}
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
            and credited.issued_on >= memberships.valid_from
            and credited.issued_on < memberships.valid_before
    qualify row_number() over (
        partition by credited.quote_id
        order by memberships.valid_from desc, memberships.org_path asc
    ) = 1
),

final as (
    select
        quote_id,
        opportunity_id,
        issued_on,
        customer_id,
        account_id,
        credited_person_id as person_id,
        coalesce(org_path, '/unknown/') as org_path,
        coalesce(team, 'unknown') as team,
        coalesce(region, person_region, 'unknown') as region,
        product_line,
        customer_type,
        'unknown' as tier,
        amount as original_amount,
        currency,
        source,
        source_row
    from placed
)

select * from final
