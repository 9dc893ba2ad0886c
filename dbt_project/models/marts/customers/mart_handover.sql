-- Grain: one row per leaver × customer or opportunity that still stands in his name
-- What was booked stays with him; this is what somebody else has to take on. Never add customers to
-- opportunities: a customer's amount holds that of its opportunities.
with

people as (
    select * from {{ ref('stg_people') }}
),

customers as (
    select * from {{ ref('int_customer') }}
),

tiers as (
    select customer_id, tier from {{ ref('int_customer_tier') }}
),

opportunities as (
    select * from {{ ref('fct_opportunity') }} where outcome = 'open'
),

contacts as (
    select * from {{ ref('int_customer_contact') }}
),

deal_contacts as (
    select subject_id, last_contact_on, last_any_contact_on
    from {{ ref('int_followup') }}
    where subject_type = 'opportunity'
),

memberships as (
    select * from {{ ref('int_person_org') }}
),

leavers as (
    select people.*, memberships.team as last_team, memberships.region as last_region
    from people
    left join memberships
        on
            people.person_id = memberships.person_id
            and {{ is_valid_on('memberships', 'people.left_on') }}
    where people.left_on <= {{ as_of() }}
    qualify row_number() over (
        partition by people.person_id order by memberships.valid_from desc, memberships.org_path asc
    ) = 1
),

stakes as (
    select customer_id, sum(amount) as open_amount, count(*) as open_count
    from opportunities
    group by customer_id
),

items as (
    select
        customers.owner_id as person_id, 'customer' as item_type, customers.customer_id as item_id,
        customers.account_name as item_name, customers.customer_id, customers.state, null as stage,
        coalesce(stakes.open_amount, 0) as open_amount,
        coalesce(stakes.open_count, 0) as open_count,
        contacts.last_contact_on,
        contacts.last_any_contact_on,
        customers.source,
        customers.source_row
    from customers
    left join stakes on customers.customer_id = stakes.customer_id
    left join contacts on customers.customer_id = contacts.customer_id
    union all
    select
        opportunities.person_id,
        'opportunity' as item_type,
        opportunities.opportunity_id as item_id,
        opportunities.opportunity_name as item_name,
        opportunities.customer_id,
        opportunities.outcome as state,
        opportunities.stage, opportunities.amount as open_amount, 1 as open_count,
        coalesce(deal_contacts.last_contact_on, contacts.last_contact_on) as last_contact_on,
        coalesce(deal_contacts.last_any_contact_on, contacts.last_any_contact_on)
            as last_any_contact_on,
        opportunities.source, opportunities.source_row
    from opportunities
    left join deal_contacts on opportunities.opportunity_id = deal_contacts.subject_id
    left join contacts on opportunities.customer_id = contacts.customer_id
),

final as (
    select
        items.person_id,
        leavers.person_name,
        leavers.left_on,
        coalesce(leavers.last_team, 'unknown') as team,
        coalesce(leavers.last_region, 'unknown') as region,
        leavers.manager_id,
        items.item_type,
        items.item_id,
        items.item_name,
        items.customer_id,
        coalesce(tiers.tier, 'unknown') as tier,
        items.state,
        items.stage,
        {{ money('items.open_amount') }} as open_amount,
        case when items.open_amount is null then 'unconverted_currency' end as amount_reason,
        cast(items.open_count as bigint) as open_count,
        items.last_contact_on,
        items.last_any_contact_on,
        {{ days_between('leavers.left_on', as_of()) }} as days_without_owner,
        items.source,
        items.source_row
    from items
    inner join leavers on items.person_id = leavers.person_id
    left join tiers on items.customer_id = tiers.customer_id
)

select * from final
