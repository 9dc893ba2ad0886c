-- Grain: one row per pipeline, version of its stage list, and stage
-- A rank belongs to a list: what was third before a stage was put in stays third for what happened
-- then. Pipelines that no list names go by another one: macro known_pipeline. After-sale stages
-- come after winning.
with

listed as (
    select * from {{ source('reference', 'stage_version') }}
),

versions as (
    select
        pipeline,
        pipeline_version,
        -- The first list speaks for all earlier days; one that arrived after D is in force from D.
        case
            when row_number() over (partition by pipeline order by pipeline_version) = 1
                then cast('1900-01-01' as date)
            else least(known_on, {{ as_of() }})
        end as valid_from
    from
        (select pipeline, pipeline_version, max(known_on) as known_on from listed group by 1, 2
        ) as lists
),

dated as (
    select
        versions.*,
        coalesce(
            lead(valid_from) over (partition by pipeline order by pipeline_version),
            cast('9999-12-31' as date)
        ) as valid_before
    from versions
),

final as (
    select
        listed.pipeline,
        listed.pipeline_version,
        listed.stage,
        listed.stage_order,
        case when listed.is_after_sale then 'won' else listed.outcome end as outcome,
        coalesce(listed.is_signed, false) or coalesce(listed.is_after_sale, false) as is_signed,
        coalesce(listed.is_after_sale, false) as is_after_sale,
        listed.default_probability_rate,
        listed.allowed_workdays,
        dated.valid_from,
        dated.valid_before,
        dated.valid_before = cast('9999-12-31' as date) as is_current,
        listed.outcome = 'open'
        and not coalesce(listed.is_after_sale, false)
        and listed.stage_order = min(
            case
                when
                    listed.outcome = 'open' and not coalesce(listed.is_after_sale, false)
                    then listed.stage_order
            end
        ) over (partition by listed.pipeline, listed.pipeline_version) as is_first
    from listed
    inner join dated
        on listed.pipeline = dated.pipeline and listed.pipeline_version = dated.pipeline_version
)

select * from final
