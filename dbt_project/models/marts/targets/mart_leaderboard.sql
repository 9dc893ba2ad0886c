-- Grain: one row per period × metric × person with a target (level base, scenario in force)
-- Movement is against the rank at the end of the week before the running one, by what was due and
-- done then.
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

-- What a figure is made of; one that trails, or counts afresh in every period, has no sum up to
-- last week.
parts as (
    select
        metrics.metric,
        metrics.direction,
        case
            when metrics.aggregate = 'ratio' then metrics.numerator_metric else metrics.metric
        end as above_metric,
        case when metrics.aggregate = 'ratio' then metrics.denominator_metric end as below_metric
    from {{ source('rules', 'metrics') }} as metrics
    where metrics.window_months is null
),

measured as (
    select metric from scope_days group by metric
),

earlier as (
    select
        attainment.metric, attainment.period_type, attainment.period_start, attainment.period_end,
        attainment.scope_id, parts.direction, parts.below_metric,
        coalesce(attainment.target_ratio, attainment.target) as target,
        coalesce(
            sum(case when scope_days.metric = parts.above_metric then scope_days.value end), 0
        ) as above,
        sum(case when scope_days.metric = parts.below_metric then scope_days.value end) as below
    from attainment
    inner join parts on attainment.metric = parts.metric
    inner join measured on coalesce(parts.below_metric, parts.above_metric) = measured.metric
    cross join week
    left join scope_days
        on
            scope_days.metric in (parts.above_metric, parts.below_metric)
            and attainment.scope_id = scope_days.scope_id
            and attainment.period_start <= scope_days.event_on
            and scope_days.event_on <= least(attainment.period_end, week.last_week_end_on)
    where attainment.period_start <= week.last_week_end_on
    group by all
),

rated_earlier as (
    select
        earlier.*,
        case when below_metric is null then above else {{ ratio('above', 'below') }} end as actual
    from earlier
),

compared_earlier as (
    select
        rated_earlier.*,
        case
            when
                direction = 'lower'
                then {{ ratio('target', 'actual') }}
            else {{ ratio('actual', 'target') }}
        end
            as attainment_rate
    from rated_earlier
),

ranked_earlier as (
    select
        compared_earlier.*,
        rank() over (
            partition by metric, period_type, period_start, period_end order by attainment_rate desc
        ) as last_week_rank
    from compared_earlier
    where attainment_rate is not null
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
                attainment.metric,
                attainment.period_type,
                attainment.period_start,
                attainment.period_end,
                people.team
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
            attainment.metric = ranked_earlier.metric
            and attainment.scope_id = ranked_earlier.scope_id
            and attainment.period_type = ranked_earlier.period_type
            and attainment.period_start = ranked_earlier.period_start
            and attainment.period_end = ranked_earlier.period_end
)

select * from final
