-- Grain: one row per lead and moment at which its clock is read: assigned, answered, contacted, the
-- end of D
-- The clock runs from the customer's arrival; both readings stand beside each other, the rules say
-- which counts.
with

leads as (
    select * from {{ ref('stg_leads') }}
),

activities as (
    select * from {{ ref('stg_activities') }}
    where kind not in ('needs_report', 'other')
),

days as (
    select * from {{ source('reference', 'calendar_day') }}
),

hours as (
    select * from {{ source('rules', 'alerts_settings') }}
),

company as (
    select {{ utc_time('cast(' ~ days_after('company.as_of', 1) ~ ' as timestamp)') }} as ends_at
    from {{ source('reference', 'company') }} as company
),

contacts as (
    select leads.lead_id, activities.kind, activities.person_id, activities.occurred_at
    from activities
    inner join leads on activities.lead_id = leads.lead_id
    where activities.occurred_at >= leads.created_at
    union all
    -- After its conversion a lead is followed up on the opportunity.
    select leads.lead_id, activities.kind, activities.person_id, activities.occurred_at
    from activities
    inner join leads on activities.opportunity_id = leads.converted_opportunity_id
    where activities.lead_id is null and activities.occurred_at >= leads.created_at
),

moments as (
    select
        lead_id,
        'assigned' as kind,
        owner_id as person_id,
        false as is_automatic,
        assigned_at as moment_at
    from leads
    where assigned_at is not null
    union all
    select
        lead_id,
        'first_response' as kind,
        owner_id as person_id,
        false as is_automatic,
        first_response_at as moment_at
    from leads
    where first_response_at is not null
    union all
    -- What nobody wrote was sent by the system: a welcome, and no response.
    select
        lead_id,
        kind,
        person_id,
        person_id = 'unknown' and kind in ('message', 'email') as is_automatic,
        occurred_at as moment_at
    from contacts
    union all
    select
        leads.lead_id,
        'end_of_day' as kind,
        null as person_id,
        false as is_automatic,
        company.ends_at as moment_at
    from leads
    cross join company
),

-- A time before the arrival is a slip of the pen: nothing was waited.
timed as (
    select
        moments.lead_id,
        moments.kind,
        moments.person_id,
        moments.is_automatic,
        leads.created_at,
        greatest(moments.moment_at, leads.created_at) as moment_at,
        {{ local_time('leads.created_at') }} as local_created_at,
        {{ local_time('greatest(moments.moment_at, leads.created_at)') }} as local_moment_at
    from moments
    inner join leads on moments.lead_id = leads.lead_id
    cross join company
    where moments.moment_at <= company.ends_at
),

final as (
    select
        timed.lead_id,
        timed.kind,
        timed.person_id,
        timed.is_automatic,
        timed.moment_at,
        {{ minutes_between('timed.created_at', 'timed.moment_at') }} as clock_minutes,
        cast(
            {{ working_clock('timed.local_moment_at', 'moment_days', 'hours') }}
            - {{ working_clock('timed.local_created_at', 'created_days', 'hours') }} as double
        ) as working_minutes
    from timed
    cross join hours
    inner join days as created_days on cast(timed.local_created_at as date) = created_days.date_day
    inner join days as moment_days on cast(timed.local_moment_at as date) = moment_days.date_day
)

select * from final
