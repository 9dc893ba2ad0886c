-- Grain: one row per customer that is to be followed up
with

customers as (
    select * from {{ ref('int_customer') }}
),

tiers as (
    select * from {{ ref('int_customer_tier') }}
),

activities as (
    select * from {{ ref('fct_activity') }}
),

opportunities as (
    select * from {{ ref('fct_opportunity') }}
),

cadence as (
    select * from {{ source('rules', 'cadence') }}
),

settings as (
    select * from {{ source('rules', 'cadence_settings') }}
),

days as (
    select * from {{ source('reference', 'calendar_day') }}
),

people as (
    select * from {{ ref('stg_people') }}
),

memberships as (
    select * from {{ ref('int_person_org') }}
),

qualifying as (
    select activities.customer_id, max(activities.occurred_on) as last_contact_on
    from activities
    inner join tiers on activities.customer_id = tiers.customer_id
    inner join cadence on tiers.tier = cadence.tier
    where {{ list_contains('cadence.qualifying_kinds', 'activities.kind') }}
    group by activities.customer_id
),

any_contact as (
    select customer_id, max(occurred_on) as last_any_contact_on
    from activities
    group by customer_id
),

stakes as (
    select customer_id, sum(amount) as open_amount, count(*) as open_count
    from opportunities
    where is_open
    group by customer_id
),

anchored as (
    select
        customers.customer_id,
        customers.account_name as customer_name,
        coalesce(customers.owner_id, 'unknown') as person_id,
        tiers.tier,
        cadence.cadence_workdays,
        qualifying.last_contact_on,
        any_contact.last_any_contact_on,
        customers.created_on as assigned_on,
        coalesce(qualifying.last_contact_on, customers.created_on) as anchor_on,
        coalesce(stakes.open_amount, 0) as open_amount,
        coalesce(stakes.open_count, 0) as open_count,
        customers.source,
        customers.source_row
    from customers
    inner join tiers on customers.customer_id = tiers.customer_id
    inner join cadence on tiers.tier = cadence.tier
    left join qualifying on customers.customer_id = qualifying.customer_id
    left join any_contact on customers.customer_id = any_contact.customer_id
    left join stakes on customers.customer_id = stakes.customer_id
    where customers.state = 'active'
),

due as (
    select
        anchored.*,
        due_days.date_day as due_on,
        today.workday_index - anchors.workday_index as elapsed_workdays
    from anchored
    left join days as anchors on anchored.anchor_on = anchors.date_day
    left join days as due_days
        on
            due_days.workday_index = anchors.workday_index + anchored.cadence_workdays
            and due_days.is_workday
    inner join days as today on today.date_day = {{ as_of() }}
),

final as (
    select
        due.customer_id,
        due.customer_name,
        due.person_id,
        coalesce(people.person_name, due.person_id) as owner_name,
        people.manager_id,
        coalesce(memberships.team, 'unknown') as team,
        due.tier,
        due.cadence_workdays as cadence,
        due.last_contact_on,
        due.last_any_contact_on,
        due.assigned_on,
        due.due_on,
        greatest(due.elapsed_workdays - due.cadence_workdays, 0) as overdue_workdays,
        case
            when due.anchor_on is null then 'unknown'
            when due.elapsed_workdays > due.cadence_workdays * settings.high_risk_cadences then 'high_risk'
            when due.elapsed_workdays > due.cadence_workdays then 'overdue'
            when due.elapsed_workdays >= due.cadence_workdays * (1 - settings.due_soon_rate) then 'due_soon'
            else 'ok'
        end as status,
        case when due.anchor_on is null then 'no_contact_and_no_assignment_date' end as status_reason,
        {{ money('due.open_amount') }} as open_amount,
        due.open_count,
        due.source,
        due.source_row,
        {{ rules_version() }} as rules_version
    from due
    cross join settings
    left join people on due.person_id = people.person_id
    left join memberships
        on
            due.person_id = memberships.person_id
            and {{ as_of() }} >= memberships.valid_from
            and {{ as_of() }} < memberships.valid_before
)

select * from final
