-- Grain: one row per person and week in which leads of his came in, and the week of D where any
-- came in the last 7 days
with

leads as (
    select * from {{ ref('mart_lead_response') }}
),

days as (
    select * from {{ source('reference', 'calendar_day') }}
),

people as (
    select * from {{ ref('stg_people') }}
),

this_week as (
    select week_start_on, week_end_on, week_label from days where date_day = {{ as_of() }}
),

own as (
    select
        person_id,
        week_start_on,
        max(week) as week,
        count(*) as lead_count,
        count(case when is_valid then 1 end) as valid_lead_count,
        count(case when is_assigned then 1 end) as assigned_count,
        count(case when is_responded then 1 end) as responded_count,
        count(case when not is_responded then 1 end) as unanswered_count,
        count(case when is_late then 1 end) as late_count,
        {{ quantile('respond_minutes', 0.5) }} as median_respond_minutes,
        sum(cast(respond_minutes as decimal(18, 4))) as respond_minutes_sum,
        sum(steps_kept_count) as steps_kept_count,
        sum(steps_missed_count) as steps_missed_count
    from leads
    group by person_id, week_start_on
),

-- The seven days up to the week's end, or to D while it runs.
recent as (
    select person_id, count(*) as valid_count
    from leads
    where is_valid and created_on > {{ days_after(as_of(), -7) }}
    group by person_id
),

frame as (
    select person_id, week_start_on, week from own
    union
    select recent.person_id, this_week.week_start_on, this_week.week_label as week
    from recent
    cross join this_week
),

final as (
    select
        frame.person_id,
        coalesce(people.person_name, frame.person_id) as person_name,
        people.manager_id,
        frame.week_start_on,
        frame.week,
        coalesce(own.lead_count, 0) as lead_count,
        coalesce(own.valid_lead_count, 0) as valid_lead_count,
        coalesce(own.assigned_count, 0) as assigned_count,
        coalesce(own.responded_count, 0) as responded_count,
        coalesce(own.unanswered_count, 0) as unanswered_count,
        coalesce(own.late_count, 0) as late_count,
        {{ minutes_rounded('own.median_respond_minutes') }} as median_respond_minutes,
        {{ minutes_rounded(ratio('own.respond_minutes_sum', 'own.responded_count')) }}
            as mean_respond_minutes,
        case when coalesce(own.responded_count, 0) = 0 then 'none_answered' end
            as respond_minutes_reason,
        cast(coalesce(own.steps_kept_count, 0) as bigint) as steps_kept_count,
        cast(coalesce(own.steps_missed_count, 0) as bigint) as steps_missed_count,
        {{ ratio('own.steps_kept_count', 'own.steps_kept_count + own.steps_missed_count') }}
            as steps_kept_rate,
        case
            when coalesce(own.steps_kept_count + own.steps_missed_count, 0) = 0 then 'no_step_due'
        end
            as steps_kept_rate_reason,
        -- A week that is over holds its own seven days.
        cast(
            case
                when
                    frame.week_start_on = this_week.week_start_on
                    and this_week.week_end_on > {{ as_of() }}
                    then coalesce(recent.valid_count, 0)
                else coalesce(own.valid_lead_count, 0)
            end as bigint
        ) as valid_lead_7_day_count
    from frame
    cross join this_week
    left join own on frame.person_id = own.person_id and frame.week_start_on = own.week_start_on
    left join recent on frame.person_id = recent.person_id
    left join people on frame.person_id = people.person_id
)

select * from final
