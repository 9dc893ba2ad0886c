-- Grain: one row per opportunity and run of exports that showed it alike
with

versions as (
    select * from {{ source('landed', 'opportunities_version') }}
),

opportunities as (
    select * from {{ ref('stg_opportunities') }}
),

holders as (
    select
        versions.opportunity_id,
        versions.source,
        max(case when versions.source = opportunities.source then 1 else 0 end) as is_in_force,
        max(coalesce(versions.valid_before, cast('9999-12-31' as date))) as held_before
    from versions
    left join opportunities on versions.opportunity_id = opportunities.opportunity_id
    group by versions.opportunity_id, versions.source
    qualify row_number() over (
        partition by versions.opportunity_id
        order by is_in_force desc, held_before desc, versions.source asc
    ) = 1
),

final as (
    select
        versions.opportunity_id,
        versions.version_no,
        {{ known_pipeline('versions.pipeline') }} as pipeline,
        versions.stage,
        versions.owner_id,
        versions.amount,
        {{ currency_of('versions.currency') }} as currency,
        versions.closed_on,
        versions.account_id,
        coalesce(versions.product_line, 'unknown') as product_line,
        versions.region,
        versions.valid_from,
        versions.valid_before,
        versions.source
    from versions
    inner join holders
        on versions.opportunity_id = holders.opportunity_id and versions.source = holders.source
)

select * from final
