-- Grain: one row per period × metric × person with a target (level base, scenario in force)
-- Movement is against the rank at the end of the week before the running one, by what was due and done then.
with

attainment as (
    select attainment.*
    from {{ ref('mart_target_attainment') }} as attainment
    where
        attainment.is_in_force and attainment.scope_type = 'person'
        and attainment.scope_id not in ('unknown', 'unallocated')
        and attainment.attainment_rate is not null
        and attainment.period_start <= {{ as_of() }}
),

scope_days as (
    select * from {{ ref('int_actual_scope_day') }}
    where scope_type = 'person'
),

week as (
    select {{ days_after('week_start_on', -1) }} as last_week_end_on
    from {{ source('reference', 'calendar_day') }}
    where date_day = {{ as_of() }}
),

people as (
    select * from {{ ref('int_person_org') }}
    qualify row_number() over (partition by person_id order by valid_from desc) = 1
),

earlier as (
    select
        attainment.metric, attainment.period_type, attainment.period_start, attainment.period_end,
        attainment.scope_id, attainment.target,
        sum(scope_days.value) as actual
    from attainment
    cross join week
    left join scope_days
        on
            attainment.metric = scope_days.metric and attainment.scope_id = scope_days.scope_id
            and scope_days.event_on >= attainment.period_start
            and scope_days.event_on <= least(attainment.period_end, week.last_week_end_on)
    where attainment.period_start <= week.last_week_end_on
    group by all
),

ranked_earlier as (
    select
        earlier.*,
        rank() over (
            partition by metric, period_type, period_start, period_end
            order by {{ ratio('coalesce(actual, 0)', 'target') }} desc
        ) as last_week_rank
    from earlier
),

final as (
    select
        attainment.metric,
        attainment.period_type,
        attainment.period_start,
        attainment.period_end,
        attainment.period_label,
        attainment.scope_id as person_id,
        attainment.scope_name as person_name,
        coalesce(people.team, 'unknown') as team,
        coalesce(people.region, 'unknown') as region,
        attainment.peer_rank as attainment_rank,
        rank() over (
            partition by
                attainment.metric, attainment.period_type, attainment.period_start, attainment.period_end, people.team
            order by attainment.attainment_rate desc
        ) as team_rank,
        attainment.target,
        attainment.actual,
        attainment.attainment_rate,
        attainment.gap,
        ranked_earlier.last_week_rank,
        ranked_earlier.last_week_rank - attainment.peer_rank as places_gained
    from attainment
    left join people on attainment.scope_id = people.person_id
    left join ranked_earlier
        on
            attainment.metric = ranked_earlier.metric and attainment.scope_id = ranked_earlier.scope_id
            and attainment.period_type = ranked_earlier.period_type
            and attainment.period_start = ranked_earlier.period_start
            and attainment.period_end = ranked_earlier.period_end
)

select * from final
