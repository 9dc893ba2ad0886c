-- Grain: one row per organisation node and validity
-- The tree comes from org_units, else from the rules workbook, else from team and region of people.
with

units as (
    select
        org_id,
        name as org_name,
        parent_id,
        kind,
        coalesce(valid_from, cast('1900-01-01' as date)) as valid_from,
        coalesce({{ days_after('valid_to', 1) }}, cast('9999-12-31' as date)) as valid_before
    from {{ source('landed', 'org_units') }}
),

sheet as (
    select
        node as org_id,
        node as org_name,
        parent as parent_id,
        kind,
        coalesce(valid_from, cast('1900-01-01' as date)) as valid_from,
        coalesce({{ days_after('valid_to', 1) }}, cast('9999-12-31' as date)) as valid_before
    from {{ source('rules', 'organisation') }}
),

people as (
    select * from {{ ref('stg_people') }}
),

people_regions as (
    select
        concat('region:', region) as org_id,
        region as org_name,
        cast(null as {{ dbt.type_string() }}) as parent_id,
        'region' as kind
    from people
    where region is not null
    group by region
),

people_teams as (
    select
        concat('team:', coalesce(region, ''), ':', team) as org_id,
        team as org_name,
        case when region is not null then concat('region:', region) end as parent_id,
        'team' as kind
    from people
    where team is not null
    group by region, team
),

derived as (
    select *, cast('1900-01-01' as date) as valid_from, cast('9999-12-31' as date) as valid_before
    from people_regions
    union all
    select *, cast('1900-01-01' as date) as valid_from, cast('9999-12-31' as date) as valid_before
    from people_teams
),

final as (
    select *, 'org_units' as org_source from units
    union all
    select *, 'rules' as org_source from sheet
    where not exists (select 1 from units)
    union all
    select *, 'people' as org_source from derived
    where not exists (select 1 from units) and not exists (select 1 from sheet)
)

select * from final
