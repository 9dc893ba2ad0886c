-- Grain: one row per person and week with a day in service since records of activities begin
with

people as (
    select * from {{ ref('stg_people') }}
),

activities as (
    select * from {{ ref('stg_activities') }}
),

quotes as (
    select * from {{ ref('stg_quotes') }}
),

changes as (
    select * from {{ source('landed', 'stage_events') }}
),

quality as (
    select * from {{ ref('mart_followup_quality') }}
),

days as (
    select * from {{ source('reference', 'calendar_day') }}
),

-- What he entered himself, on the day on which he entered it.
records as (
    select person_id, coalesce(entered_on, occurred_on) as recorded_on, count(*) as record_count
    from activities
    group by person_id, coalesce(entered_on, occurred_on)
    union all
    select person_id, issued_on as recorded_on, count(*) as record_count
    from quotes
    group by person_id, issued_on
    union all
    select changed_by as person_id, changed_on as recorded_on, count(*) as record_count
    from changes
    group by changed_by, changed_on
),

by_day as (
    select person_id, recorded_on, sum(record_count) as record_count
    from records
    where recorded_on <= {{ as_of() }}
    group by person_id, recorded_on
),

begins as (
    select min(recorded_on) as first_on from by_day
),

served as (
    select
        people.person_id,
        people.person_name,
        people.manager_id,
        days.week_start_on,
        max(days.week_label) as week,
        count(case when days.is_workday then 1 end) as service_workdays,
        count(case when days.is_workday and by_day.person_id is not null then 1 end)
            as active_workdays,
        sum(coalesce(by_day.record_count, 0)) as record_count
    from people
    cross join begins
    inner join days
        on
            days.date_day >= greatest(begins.first_on, coalesce(people.hired_on, begins.first_on))
            and days.date_day <= least({{ as_of() }}, coalesce(people.left_on, {{ as_of() }}))
    left join by_day on people.person_id = by_day.person_id and days.date_day = by_day.recorded_on
    group by people.person_id, people.person_name, people.manager_id, days.week_start_on
),

final as (
    select
        served.person_id,
        served.person_name,
        served.manager_id,
        served.week_start_on,
        served.week,
        served.service_workdays,
        served.active_workdays,
        {{ ratio('served.active_workdays', 'served.service_workdays') }} as active_day_rate,
        case when served.service_workdays = 0 then 'no_workdays' end as active_day_rate_reason,
        cast(served.record_count as bigint) as record_count,
        quality.entry_lag_p50_hours,
        quality.within_24_hours_rate,
        case
            when quality.record_count is null then 'no_records'
            else quality.entry_lag_reason
        end as entry_lag_reason,
        {{ rules_version() }} as rules_version
    from served
    left join
        quality
        on served.person_id = quality.person_id and served.week_start_on = quality.week_start_on
)

select * from final
