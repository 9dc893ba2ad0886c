-- Grain: one row per person, month or quarter or year, and component of the scorecard
with

attainment as (
    select * from {{ ref('mart_target_attainment') }}
    where
        period_type in ('month', 'quarter', 'year')
        and is_in_force
        and period_start <= {{ as_of() }}
),

components as (
    select * from {{ source('rules', 'scorecard') }}
),

settings as (
    select * from {{ source('rules', 'scorecard_settings') }}
),

metrics as (
    select * from {{ source('rules', 'metrics') }}
),

people as (
    select * from {{ ref('stg_people') }}
),

compared as (
    select
        attainment.*,
        coalesce(attainment.target_ratio, cast(attainment.target as double)) as full_target,
        coalesce(attainment.actual_ratio, cast(attainment.actual as double)) as full_actual
    from attainment
    inner join components on attainment.metric = components.metric
),

frame as (
    select
        scope_id as person_id,
        period_type,
        period_start,
        period_end,
        max(period_label) as period_label
    from compared
    where scope_type = 'person' and scope_id not in ('unknown', 'unallocated')
    group by scope_id, period_type, period_start, period_end
),

-- A count without a record is 0 once anybody has records of that kind.
recorded as (
    select metric, min(period_start) as first_on
    from compared
    where scope_type = 'company' and full_actual <> 0
    group by metric
),

placed as (
    select
        frame.*,
        components.metric,
        components.weight_rate,
        metrics.direction,
        case
            -- A target of the sheet is a month's; rates and what is better lower have no length.
            when
                components.target is not null
                and (metrics.aggregate = 'ratio' or metrics.direction = 'lower')
                then cast(components.target as double)
            when components.target is not null
                then
                    cast(components.target as double)
                    * case frame.period_type when 'month' then 1 when 'quarter' then 3 else 12 end
            else compared.full_target
        end as target,
        case
            when components.target is not null then 'scorecard'
            when compared.full_target is not null then 'target_sheets'
        end as target_source,
        case
            when metrics.aggregate = 'ratio' then compared.full_actual
            when frame.period_end >= recorded.first_on then coalesce(compared.full_actual, 0)
        end as actual
    from frame
    cross join components
    inner join metrics on components.metric = metrics.metric
    left join compared
        on
            compared.scope_type = 'person' and frame.person_id = compared.scope_id
            and components.metric = compared.metric and frame.period_type = compared.period_type
            and frame.period_start = compared.period_start
            and frame.period_end = compared.period_end
    left join recorded on components.metric = recorded.metric
),

scored as (
    select
        placed.*,
        case
            when target is null then 'no_target'
            when actual is null then 'no_actual'
            when target <= 0 then 'zero_target'
            when direction = 'lower' and actual <= 0 then 'zero_actual'
        end as score_reason
    from placed
),

final as (
    select
        scored.person_id,
        coalesce(people.person_name, scored.person_id) as person_name,
        people.manager_id,
        scored.period_type,
        scored.period_start,
        scored.period_end,
        scored.period_label,
        scored.period_end <= {{ as_of() }} as is_closed,
        scored.metric,
        scored.direction,
        cast(scored.weight_rate as double) as weight_rate,
        scored.target,
        scored.target_source,
        scored.actual,
        case
            when scored.score_reason is not null then null
            when scored.direction = 'lower'
                then
                    least(
                        {{ ratio('100 * scored.target', 'scored.actual') }},
                        cast(settings.cap_score as double)
                    )
            -- Reversals beyond the period's own figures score nothing, not less.
            else least(
                greatest({{ ratio('100 * scored.actual', 'scored.target') }}, 0),
                cast(settings.cap_score as double)
            )
        end as score,
        scored.score_reason,
        {{ rules_version() }} as rules_version
    from scored
    cross join settings
    left join people on scored.person_id = people.person_id
)

select * from final
