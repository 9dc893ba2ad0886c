-- Grain: one row per person and period of membership in one place of the organisation
-- Dated assignments where the company keeps them; else team and region as each export of people showed them.
with

people as (
    select * from {{ ref('stg_people') }}
),

assignments as (
    select
        person_id,
        org_id,
        coalesce(valid_from, cast('1900-01-01' as date)) as valid_from,
        coalesce({{ days_after('valid_to', 1) }}, cast('9999-12-31' as date)) as valid_before
    from {{ source('landed', 'person_assignments') }}
),

paths as (
    select * from {{ ref('int_org_path') }}
),

assigned as (
    select
        assignments.person_id,
        paths.org_id,
        paths.org_path,
        paths.region,
        paths.team,
        greatest(assignments.valid_from, paths.valid_from) as valid_from,
        least(assignments.valid_before, paths.valid_before) as valid_before
    from assignments
    inner join paths
        on
            assignments.org_id = paths.org_id
            and assignments.valid_from < paths.valid_before
            and assignments.valid_before > paths.valid_from
),

versions as (
    select
        person_id,
        team,
        region,
        -- The first export also speaks for the days before it.
        case when version_no = 1 then cast('1900-01-01' as date) else valid_from end as valid_from,
        coalesce(valid_before, cast('9999-12-31' as date)) as valid_before
    from {{ source('landed', 'people_version') }}
),

exported as (
    select
        versions.person_id,
        paths.org_id,
        paths.org_path,
        coalesce(paths.region, versions.region) as region,
        coalesce(paths.team, versions.team) as team,
        versions.valid_from,
        versions.valid_before
    from versions
    left join paths
        on
            paths.org_id in (
                concat('team:', coalesce(versions.region, ''), ':', versions.team),
                case when versions.team is null then concat('region:', versions.region) end
            )
    where versions.person_id not in (select assignments.person_id from assignments)
),

final as (
    select * from assigned
    union all
    select * from exported
)

select
    final.person_id,
    coalesce(final.org_id, 'unknown') as org_id,
    coalesce(final.org_path, '/unknown/') as org_path,
    coalesce(final.region, 'unknown') as region,
    coalesce(final.team, 'unknown') as team,
    final.valid_from,
    final.valid_before
from final
inner join people on final.person_id = people.person_id
