-- Grain: one row per person and week in which he recorded a contact
{% set fields = ['time', 'method', 'content', 'feedback', 'next_step'] %}
with

activities as (
    select * from {{ ref('stg_activities') }}
),

stop_phrases as (
    select {{ bare_words('phrase') }} as phrase
    from {{ source('rules', 'followup_stop_phrases') }}
    group by {{ bare_words('phrase') }}
),

settings as (
    select * from {{ source('rules', 'followup_record_settings') }}
),

days as (
    select * from {{ source('reference', 'calendar_day') }}
),

people as (
    select * from {{ ref('stg_people') }}
),

required as (
    select
        {% for field in fields %}
        coalesce(max(case when field = '{{ field }}' and is_required then 1 end), 0) as needs_{{ field }}
        {{- ',' if not loop.last }}
        {% endfor %}
    from {{ source('rules', 'followup_record') }}
),

judged as (
    select
        activities.person_id,
        days.week_start_on,
        days.week_label,
        1 as has_time,
        case when activities.kind is not null then 1 else 0 end as has_method,
        case
            when length(trim(activities.content)) >= settings.min_content_characters and stop_phrases.phrase is null
                then 1
            else 0
        end as has_content,
        case when trim(activities.feedback) <> '' then 1 else 0 end as has_feedback,
        case when trim(activities.next_step) <> '' then 1 else 0 end as has_next_step,
        case when stop_phrases.phrase is not null then 1 else 0 end as is_stop_phrase,
        -- Entered before it happened: no lag.
        case when activities.entered_at < activities.occurred_at then 0
            else {{ minutes_between('activities.occurred_at', 'activities.entered_at') }}
        end as lag_minutes
    from activities
    cross join settings
    inner join days on activities.occurred_on = days.date_day
    left join stop_phrases on {{ bare_words('activities.content') }} = stop_phrases.phrase
),

counted as (
    select
        judged.person_id,
        judged.week_start_on,
        max(judged.week_label) as week,
        count(*) as record_count,
        {% for field in fields %}
        sum(judged.has_{{ field }}) as {{ field }}_count,
        {% endfor %}
        count(
            case
                when
                    {% for field in fields %}
                    judged.has_{{ field }} >= required.needs_{{ field }}{{ ' and' if not loop.last }}
                    {% endfor %}
                    then 1
            end
        ) as complete_count,
        sum(judged.is_stop_phrase) as stop_phrase_count,
        count(judged.lag_minutes) as timed_count,
        count(case when judged.lag_minutes <= 24 * 60 then 1 end) as within_24_hours_count,
        {{ quantile('judged.lag_minutes', 0.5) }} as p50_minutes,
        {{ quantile('judged.lag_minutes', 0.9) }} as p90_minutes
    from judged
    cross join required
    group by judged.person_id, judged.week_start_on
),

final as (
    select
        counted.person_id,
        coalesce(people.person_name, counted.person_id) as person_name,
        people.manager_id,
        counted.week_start_on,
        counted.week,
        counted.record_count,
        counted.complete_count,
        {{ ratio('counted.complete_count', 'counted.record_count') }} as complete_rate,
        {% for field in fields %}
        cast(counted.{{ field }}_count as bigint) as {{ field }}_count,
        {{ ratio('counted.' ~ field ~ '_count', 'counted.record_count') }} as {{ field }}_rate,
        {% endfor %}
        cast(counted.stop_phrase_count as bigint) as stop_phrase_count,
        counted.timed_count,
        counted.within_24_hours_count,
        {{ ratio('counted.within_24_hours_count', 'counted.timed_count') }} as within_24_hours_rate,
        round({{ ratio('counted.p50_minutes', '60') }}, 4) as entry_lag_p50_hours,
        round({{ ratio('counted.p90_minutes', '60') }}, 4) as entry_lag_p90_hours,
        case when counted.timed_count = 0 then 'no_entry_time' end as entry_lag_reason,
        {{ rules_version() }} as rules_version
    from counted
    left join people on counted.person_id = people.person_id
)

select * from final
