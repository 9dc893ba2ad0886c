-- Grain: one row per lead created up to the end of D
-- Valid: as marked; where unmarked, a well-formed phone and a status that is not invalid.
with

leads as (
    select * from {{ ref('stg_leads') }}
),

customers as (
    select * from {{ ref('int_customer') }}
),

matches as (
    select * from {{ source('matching', 'lead_customer') }}
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

judged as (
    select
        leads.*,
        coalesce(
            marked_valid,
            coalesce({{ is_well_formed_phone('phone') }}, false)
            and coalesce(lower(status), '') <> 'invalid'
        ) as is_valid,
        case when marked_valid is not null then 'marked' else 'phone_and_status' end as valid_source
    from leads
),

placed as (
    select judged.*, memberships.org_path, memberships.team, memberships.region as person_region
    from judged
    left join memberships
        on
            judged.owner_id = memberships.person_id
            and {{ is_valid_on('memberships', 'judged.created_on') }}
    qualify row_number() over (
        partition by judged.lead_id order by memberships.valid_from desc, memberships.org_path asc
    ) = 1
),

final as (
    select
        placed.lead_id,
        placed.created_at,
        placed.created_on,
        placed.assigned_at,
        placed.first_response_at,
        coalesce(customers.customer_id, 'unknown') as customer_id,
        coalesce(matches.matched_by, 'none') as customer_matched_by,
        coalesce(placed.owner_id, 'unknown') as person_id,
        coalesce(placed.org_path, '/unknown/') as org_path,
        coalesce(placed.team, 'unknown') as team,
        coalesce(placed.region, places.region, placed.person_region, 'unknown') as region,
        placed.product_line,
        coalesce(customers.customer_type, 'unknown') as customer_type,
        coalesce(tiers.tier, 'unknown') as tier,
        placed.lead_source,
        placed.status,
        placed.is_valid,
        placed.valid_source,
        placed.converted_account_id,
        placed.converted_opportunity_id,
        placed.source,
        placed.source_row
    from placed
    left join matches on placed.lead_id = matches.lead_id
    left join customers on matches.customer_id = customers.customer_id
    left join places
        on
            placed.converted_account_id = places.account_id
            and {{ is_valid_on('places', 'placed.created_on') }}
    left join tiers
        on
            customers.customer_id = tiers.customer_id
            and {{ is_valid_on('tiers', 'placed.created_on') }}
)

select * from final
