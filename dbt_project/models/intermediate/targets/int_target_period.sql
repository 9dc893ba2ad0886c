-- Grain: one row per target that names a known period and a known place
-- A person is named by id or by name; a node by its id or its name.
with

targets as (
    select * from {{ ref('stg_targets') }}
),

periods as (
    select * from {{ source('reference', 'period') }}
),

people as (
    select * from {{ ref('stg_people') }}
),

resolved as (
    select
        targets.metric,
        targets.level,
        targets.scenario,
        coalesce(targets.start_on, periods.period_start) as period_start,
        coalesce(targets.end_on, periods.period_end) as period_end,
        case
            when targets.person is not null then 'person'
            when targets.team is not null then 'team'
            when targets.region is not null then 'region'
            when targets.product_line is not null then 'product_line'
            when targets.node is not null then 'org'
            else 'company'
        end as scope_type,
        case
            when targets.person is not null then coalesce(people.person_id, targets.person)
            when targets.team is not null then targets.team
            when targets.region is not null then targets.region
            when targets.product_line is not null then targets.product_line
            when targets.node is not null then targets.node
            else 'company'
        end as scope_id,
        targets.value,
        targets.source_row,
        coalesce(targets.effective_from, cast('1900-01-01' as date)) as effective_from,
        targets.landed_on
    from targets
    left join periods on targets.period_label = periods.period_label
    left join people on targets.person in (people.person_id, people.person_name)
    where targets.value_kind = 'amount'
),

final as (
    select *
    from resolved
    where period_start is not null and effective_from <= {{ as_of() }}
    qualify row_number() over (
        partition by metric, level, scenario, period_start, period_end, scope_type, scope_id
        order by effective_from desc, landed_on desc, source_row desc
    ) = 1
)

select * from final
