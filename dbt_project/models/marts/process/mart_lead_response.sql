-- Grain: one row per lead
with

leads as (
    select * from {{ ref('fct_lead') }}
),

moments as (
    select * from {{ ref('int_lead_moment') }}
),

steps as (
    select * from {{ ref('int_lead_step') }}
),

people as (
    select * from {{ ref('stg_people') }}
),

days as (
    select * from {{ source('reference', 'calendar_day') }}
),

hours as (
    select * from {{ source('rules', 'alerts_settings') }}
),

settings as (
    select * from {{ source('rules', 'lead_sop_settings') }}
),

assignments as (
    select lead_id, min(clock_minutes) as clock_minutes, min(working_minutes) as working_minutes
    from moments
    where kind = 'assigned'
    group by lead_id
),

-- By whomever; what the system sent is none.
responses as (
    select
        lead_id,
        moment_at as responded_at,
        person_id as responded_by,
        clock_minutes,
        working_minutes
    from moments
    where kind not in ('assigned', 'end_of_day') and not is_automatic
    qualify
        row_number() over (partition by lead_id order by moment_at asc, person_id asc nulls last)
        = 1
),

running as (
    select lead_id, clock_minutes, working_minutes from moments where kind = 'end_of_day'
),

kept as (
    select
        lead_id,
        count(case when status = 'kept' then 1 end) as kept_count,
        count(case when status in ('late', 'missed') then 1 end) as missed_count,
        count(case when status = 'running' then 1 end) as running_count,
        {{ joined_texts("case when status = 'kept' then step end", 'step_no') }} as kept_steps,
        {{ joined_texts("case when status in ('late', 'missed') then step end", 'step_no') }}
            as missed_steps
    from steps
    group by lead_id
),

-- One clock counts, by the rules; an assignment that never came keeps running.
clocked as (
    select
        leads.*,
        hours.default_clock,
        assignments.lead_id is not null as is_assigned,
        responses.lead_id is not null as is_responded,
        responses.responded_at,
        responses.responded_by,
        case
            when hours.default_clock = 'working'
                then coalesce(assignments.working_minutes, running.working_minutes)
            else coalesce(assignments.clock_minutes, running.clock_minutes)
        end as assign_minutes,
        case
            when hours.default_clock = 'working' then responses.working_minutes else
                responses.clock_minutes
        end
            as respond_minutes,
        responses.clock_minutes as respond_clock_minutes,
        responses.working_minutes as respond_working_minutes,
        case
            when hours.default_clock = 'working' then running.working_minutes else
                running.clock_minutes
        end
            as running_minutes
    from leads
    cross join hours
    inner join running on leads.lead_id = running.lead_id
    left join assignments on leads.lead_id = assignments.lead_id
    left join responses on leads.lead_id = responses.lead_id
),

final as (
    select
        clocked.lead_id,
        clocked.person_id,
        coalesce(people.person_name, clocked.person_id) as owner_name,
        people.manager_id,
        clocked.team,
        clocked.region,
        clocked.product_line,
        clocked.lead_source,
        clocked.created_at,
        clocked.created_on,
        days.week_start_on,
        days.week_label as week,
        clocked.is_valid,
        clocked.valid_source,
        clocked.is_assigned,
        clocked.assigned_at,
        {{ minutes_rounded('clocked.assign_minutes') }} as assign_minutes,
        clocked.is_responded,
        clocked.responded_at as first_response_at,
        clocked.responded_by,
        {{ minutes_rounded('clocked.respond_minutes') }} as respond_minutes,
        {{ minutes_rounded('clocked.respond_clock_minutes') }} as respond_clock_minutes,
        {{ minutes_rounded('clocked.respond_working_minutes') }} as respond_working_minutes,
        case
            when not clocked.is_responded then {{ minutes_rounded('clocked.running_minutes') }}
        end as waiting_minutes,
        case when not clocked.is_responded then 'unanswered' end as respond_minutes_reason,
        clocked.default_clock as clock,
        cast(settings.first_response_hours * 60 as double) as limit_minutes,
        coalesce(clocked.respond_minutes, clocked.running_minutes)
        > settings.first_response_hours * 60 as is_late,
        coalesce(kept.kept_count, 0) as steps_kept_count,
        coalesce(kept.missed_count, 0) as steps_missed_count,
        coalesce(kept.running_count, 0) as steps_running_count,
        kept.kept_steps,
        kept.missed_steps,
        clocked.source,
        clocked.source_row,
        {{ rules_version() }} as rules_version
    from clocked
    cross join settings
    inner join days on clocked.created_on = days.date_day
    left join people on clocked.person_id = people.person_id
    left join kept on clocked.lead_id = kept.lead_id
)

select * from final
