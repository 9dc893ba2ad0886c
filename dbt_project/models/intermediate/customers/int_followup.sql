-- Grain: one row per customer, lead without a customer, and open opportunity that somebody is to
-- follow up
-- Due is the last contact, else the assignment, and an owner who took over has as long as a new
-- one. An upgrade shortens; after a downgrade the date of the higher tier stands until the next
-- contact: the earliest date of all tiers held since then.
with

customers as (
    select * from {{ ref('int_customer') }}
),

owners as (
    select * from {{ ref('int_customer_owner') }}
),

contacts as (
    select * from {{ ref('int_customer_contact') }}
),

tiers as (
    select * from {{ ref('int_customer_tier') }}
),

spans as (
    select * from {{ ref('int_customer_tier_span') }}
),

leads as (
    select facts.*, handed_in.assigned_on
    from {{ ref('fct_lead') }} as facts
    inner join {{ ref('stg_leads') }} as handed_in on facts.lead_id = handed_in.lead_id
),

opportunities as (
    select * from {{ ref('fct_opportunity') }}
),

opportunity_versions as (
    select * from {{ ref('int_opportunity_version') }}
),

activities as (
    select * from {{ ref('fct_activity') }}
    where occurred_on <= {{ as_of() }}
),

settings as (
    select * from {{ source('rules', 'cadence_settings') }}
),

cadence as (
    select * from {{ ref('int_cadence_day') }}
),

days as (
    select date_day, workday_index from {{ source('reference', 'calendar_day') }}
),

stakes as (
    select customer_id, sum(amount) as open_amount, count(*) as open_count
    from opportunities
    where is_open
    group by customer_id
),

lead_contacts as (
    select
        lead_id,
        {{ last_contact('is_qualifying') }}
    from activities
    where lead_id is not null
    group by lead_id
),

-- A deal is served by contacts about it, and by those with its customer that name no other deal.
deal_activities as (
    select
        opportunity_id, is_qualifying, occurred_on, occurred_at, activity_id, person_id, kind,
        next_step_on
    from activities
    where opportunity_id is not null
    union all
    select
        opportunities.opportunity_id,
        activities.is_qualifying,
        activities.occurred_on,
        activities.occurred_at,
        activities.activity_id,
        activities.person_id, activities.kind, activities.next_step_on
    from activities
    inner join opportunities on activities.customer_id = opportunities.customer_id
    where
        opportunities.is_open and activities.opportunity_id is null
        and activities.customer_id is not null and activities.customer_id <> 'unknown'
),

deal_contacts as (
    select
        opportunity_id,
        {{ last_contact('is_qualifying') }}
    from deal_activities
    group by opportunity_id
),

deal_turns as (
    select
        opportunity_id,
        owner_id,
        lag(owner_id) over (partition by opportunity_id order by valid_from) as former_owner_id,
        valid_from
    from opportunity_versions
),

deal_owners as (
    select opportunity_id, former_owner_id, valid_from as assigned_on
    from deal_turns
    where former_owner_id <> owner_id
    qualify row_number() over (partition by opportunity_id order by valid_from desc) = 1
),

subjects as (
    select
        'customer' as subject_type,
        customers.customer_id as subject_id,
        customers.account_name as subject_name,
        customers.customer_id,
        coalesce(customers.owner_id, 'unknown') as person_id,
        owners.former_person_id,
        owners.known_on, owners.assigned_on,
        customers.created_on is null and owners.former_person_id is null as is_only_seen,
        contacts.last_contact_on,
        contacts.last_contact_by,
        contacts.last_any_contact_on,
        contacts.last_any_kind,
        contacts.next_step_on, coalesce(stakes.open_amount, 0) as open_amount,
        coalesce(stakes.open_count, 0) as open_count, customers.source, customers.source_row
    from customers
    left join owners on customers.customer_id = owners.customer_id
    left join contacts on customers.customer_id = contacts.customer_id
    left join stakes on customers.customer_id = stakes.customer_id
    where customers.state = 'active'
    union all
    select
        'lead' as subject_type, leads.lead_id as subject_id, leads.lead_id as subject_name,
        null as customer_id, leads.person_id, null as former_person_id,
        leads.created_on as known_on,
        coalesce(leads.assigned_on, leads.created_on) as assigned_on,
        false as is_only_seen,
        lead_contacts.last_contact_on,
        lead_contacts.last_contact_by,
        lead_contacts.last_any_contact_on,
        lead_contacts.last_any_kind,
        lead_contacts.next_step_on,
        null as open_amount,
        0 as open_count,
        leads.source, leads.source_row
    from leads
    left join lead_contacts on leads.lead_id = lead_contacts.lead_id
    -- Open: valid, and neither converted nor known as a customer, who is followed up as one.
    where
        leads.is_valid and leads.customer_id = 'unknown' and {{ is_open_lead('leads') }}
    union all
    select
        'opportunity' as subject_type, opportunities.opportunity_id as subject_id,
        opportunities.opportunity_name as subject_name,
        nullif(opportunities.customer_id, 'unknown') as customer_id,
        opportunities.person_id, deal_owners.former_owner_id as former_person_id,
        opportunities.created_on as known_on,
        coalesce(deal_owners.assigned_on, opportunities.created_on) as assigned_on,
        false as is_only_seen,
        deal_contacts.last_contact_on,
        deal_contacts.last_contact_by,
        deal_contacts.last_any_contact_on,
        deal_contacts.last_any_kind,
        deal_contacts.next_step_on,
        opportunities.amount as open_amount,
        1 as open_count,
        opportunities.source, opportunities.source_row
    from opportunities
    left join deal_contacts on opportunities.opportunity_id = deal_contacts.opportunity_id
    left join deal_owners on opportunities.opportunity_id = deal_owners.opportunity_id
    where opportunities.is_open
),

anchored as (
    select
        subjects.*,
        coalesce(tiers.tier, settings.lead_tier) as tier,
        coalesce(tiers.tier_reason = 'override', true) as has_one_tier,
        -- Each left out where unknown: the later of what is known.
        greatest(
            coalesce(subjects.last_contact_on, subjects.assigned_on),
            coalesce(subjects.assigned_on, subjects.last_contact_on)
        ) as anchor_on
    from subjects
    cross join settings
    left join tiers on subjects.customer_id = tiers.customer_id
),

-- What is older than the calendar is judged as of its first day: late by years in any case.
calendar as (
    select min(date_day) as first_on from days
),

held as (
    select subject_type, subject_id, anchor_on, tier from anchored
    union
    select anchored.subject_type, anchored.subject_id, anchored.anchor_on, spans.tier
    from anchored
    inner join spans
        on
            anchored.customer_id = spans.customer_id
            and anchored.anchor_on < spans.valid_before and spans.valid_from <= {{ as_of() }}
    where not anchored.has_one_tier
),

due as (
    select
        held.subject_type,
        held.subject_id,
        held.tier as due_tier,
        cadence.due_on,
        cadence.cadence_length,
        cadence.cadence_unit
    from held
    cross join calendar
    left join cadence
        on
            held.tier = cadence.tier
            and case
                when held.anchor_on < calendar.first_on then calendar.first_on
                else held.anchor_on
            end = cadence.date_day
    qualify row_number() over (
        partition by held.subject_type, held.subject_id
        order by cadence.due_on asc nulls last, cadence.cadence_length asc nulls last, held.tier asc
    ) = 1
),

-- How late it was already on the day that it changed hands: that is the former owner's.
handed_over as (
    select
        anchored.subject_type,
        anchored.subject_id,
        greatest(turn_days.workday_index - due_days.workday_index, 0) as former_overdue_workdays
    from anchored
    cross join calendar
    inner join cadence
        on
            anchored.tier = cadence.tier
            and greatest(
                coalesce(anchored.last_contact_on, anchored.known_on), calendar.first_on
            ) = cadence.date_day
    inner join days as turn_days on anchored.assigned_on = turn_days.date_day
    inner join days as due_days on cadence.due_on = due_days.date_day
    where
        anchored.former_person_id is not null
        and coalesce(anchored.last_contact_on, anchored.known_on) < anchored.assigned_on
),

final as (
    select
        anchored.*,
        due.due_tier,
        due.due_on,
        due.cadence_length,
        due.cadence_unit,
        handed_over.former_overdue_workdays,
        greatest(today.workday_index - due_days.workday_index, 0) as overdue_workdays,
        -- One scale for all modes: a cadence is over when as much has passed as it is long.
        case
            when due.cadence_unit = 'days' then {{ days_between('anchored.anchor_on', as_of()) }}
            else due.cadence_length + today.workday_index - due_days.workday_index
        end as elapsed
    from anchored
    inner join days as today on today.date_day = {{ as_of() }}
    left join
        due
        on anchored.subject_type = due.subject_type and anchored.subject_id = due.subject_id
    left join days as due_days on due.due_on = due_days.date_day
    left join handed_over
        on
            anchored.subject_type = handed_over.subject_type
            and anchored.subject_id = handed_over.subject_id
)

select * from final
