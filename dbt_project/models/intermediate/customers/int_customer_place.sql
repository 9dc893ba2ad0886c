-- Grain: one row per customer and run of days with one owner, one place of his, one tier
-- Who had which customer where on any day, from its creation on; owners before the first export are
-- as that shows them.
with

customers as (
    select * from {{ ref('int_customer') }}
),

lives as (
    select customer_id, min(valid_from) as known_on
    from {{ ref('int_customer_life') }}
    group by customer_id
),

places as (
    select customers.customer_id, places.*
    from {{ ref('int_account_place') }} as places
    inner join customers on places.account_id = customers.owner_account_id
),

memberships as (
    select * from {{ ref('int_person_org') }}
),

tiers as (
    select * from {{ ref('int_customer_tier_span') }}
),

cuts as (
    select customer_id, valid_from as cut_on from places
    union
    select customer_id, valid_from as cut_on from tiers
    union
    select places.customer_id, memberships.valid_from as cut_on
    from places
    inner join memberships
        on
            places.owner_id = memberships.person_id
            and places.valid_from < memberships.valid_from
            and places.valid_before > memberships.valid_from
    union
    select places.customer_id, memberships.valid_before as cut_on
    from places
    inner join memberships
        on
            places.owner_id = memberships.person_id
            and places.valid_from < memberships.valid_before
            and places.valid_before > memberships.valid_before
),

starts as (
    select cuts.customer_id, greatest(cuts.cut_on, lives.known_on) as valid_from
    from cuts
    inner join lives on cuts.customer_id = lives.customer_id
    where cuts.cut_on <= {{ as_of() }}
    group by cuts.customer_id, greatest(cuts.cut_on, lives.known_on)
),

spans as (
    select
        customer_id,
        valid_from,
        coalesce(
            lead(valid_from) over (partition by customer_id order by valid_from),
            cast('9999-12-31' as date)
        ) as valid_before
    from starts
),

placed as (
    select
        spans.customer_id,
        coalesce(places.owner_id, 'unknown') as person_id,
        coalesce(memberships.org_path, '/unknown/') as org_path,
        coalesce(memberships.team, 'unknown') as team,
        coalesce(places.region, customers.region, memberships.region, 'unknown') as region,
        '(all)' as product_line,
        customers.customer_type,
        coalesce(tiers.tier, 'unknown') as tier,
        spans.valid_from,
        spans.valid_before
    from spans
    inner join customers on spans.customer_id = customers.customer_id
    left join places
        on
            spans.customer_id = places.customer_id
            and {{ is_valid_on('places', 'spans.valid_from') }}
    left join memberships
        on
            places.owner_id = memberships.person_id
            and {{ is_valid_on('memberships', 'spans.valid_from') }}
    left join tiers
        on
            spans.customer_id = tiers.customer_id
            and {{ is_valid_on('tiers', 'spans.valid_from') }}
    -- Two posts on one day: the newer one, so that no customer counts twice.
    qualify row_number() over (
        partition by spans.customer_id, spans.valid_from
        order by memberships.valid_from desc, memberships.org_path asc
    ) = 1
),

final as (
    select {{ leaf_id('placed') }} as leaf_id, placed.* from placed
)

select * from final
