-- Grain: one row per recorded activity up to the end of D
with

activities as (
    select * from {{ ref('stg_activities') }}
),

opportunities as (
    select * from {{ ref('fct_opportunity') }}
),

customers as (
    select * from {{ ref('int_customer_record') }}
),

leads as (
    select lead_id, customer_id from {{ source('matching', 'lead_customer') }}
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

cadence as (
    select * from {{ source('rules', 'cadence') }}
),

settings as (
    select lead_tier from {{ source('rules', 'cadence_settings') }}
),

stop_phrases as (
    select {{ bare_words('phrase') }} as phrase
    from {{ source('rules', 'followup_stop_phrases') }}
    group by {{ bare_words('phrase') }}
),

final as (
    select
        concat(activities.source, '|', coalesce(activities.activity_id, activities.source_row))
            as activity_id,
        activities.person_id,
        coalesce(memberships.org_path, '/unknown/') as org_path,
        coalesce(memberships.team, 'unknown') as team,
        coalesce(places.region, memberships.region, 'unknown') as region,
        coalesce(opportunities.product_line, 'unknown') as product_line,
        coalesce(customers.customer_type, 'unknown') as customer_type,
        coalesce(tiers.tier, 'unknown') as tier,
        activities.occurred_at,
        activities.occurred_on,
        activities.kind,
        activities.entered_at,
        -- A contact on an opportunity or a lead counts for its customer.
        coalesce(
            customers.customer_id,
            nullif(opportunities.customer_id, 'unknown'),
            leads.customer_id,
            opportunities.customer_id
        ) as customer_id,
        coalesce(activities.account_id, opportunities.account_id) as account_id,
        activities.opportunity_id,
        activities.lead_id,
        stop_phrases.phrase is not null as is_stop_phrase,
        -- A kind that counts for the tier of that day, and more than a stop phrase.
        coalesce({{ list_contains('cadence.qualifying_kinds', 'activities.kind') }}, false)
        and stop_phrases.phrase is null as is_qualifying,
        activities.content,
        activities.feedback,
        activities.next_step,
        activities.next_step_on,
        activities.attachment,
        activities.source,
        activities.source_row
    from activities
    left join opportunities on activities.opportunity_id = opportunities.opportunity_id
    left join customers on activities.account_id = customers.account_id
    left join leads on activities.lead_id = leads.lead_id
    left join places
        on
            activities.account_id = places.account_id
            and {{ is_valid_on('places', 'activities.occurred_on') }}
    left join tiers
        on
            coalesce(
                customers.customer_id,
                nullif(opportunities.customer_id, 'unknown'),
                leads.customer_id
            ) = tiers.customer_id
            and {{ is_valid_on('tiers', 'activities.occurred_on') }}
    -- A contact without a customer is judged like a lead's.
    cross join settings
    left join cadence on coalesce(tiers.tier, settings.lead_tier) = cadence.tier
    left join stop_phrases on {{ bare_words('activities.content') }} = stop_phrases.phrase
    left join memberships
        on
            activities.person_id = memberships.person_id
            and {{ is_valid_on('memberships', 'activities.occurred_on') }}
)

select * from final
