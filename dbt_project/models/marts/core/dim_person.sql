-- Grain: one row per person and period of membership in one place of the organisation
with

people as (
    select * from {{ ref('stg_people') }}
),

memberships as (
    select * from {{ ref('int_person_org') }}
),

final as (
    select
        people.person_id,
        people.person_name,
        coalesce(memberships.org_id, 'unknown') as org_id,
        coalesce(memberships.org_path, '/unknown/') as org_path,
        coalesce(memberships.team, 'unknown') as team,
        coalesce(memberships.region, 'unknown') as region,
        people.manager_id,
        people.hired_on,
        people.left_on,
        coalesce(memberships.valid_from, cast('1900-01-01' as date)) as valid_from,
        coalesce(memberships.valid_before, cast('9999-12-31' as date)) as valid_before,
        {{ as_of() }} >= coalesce(memberships.valid_from, cast('1900-01-01' as date))
        and {{ as_of() }}
        < coalesce(memberships.valid_before, cast('9999-12-31' as date)) as is_current,
        coalesce(people.left_on <= {{ as_of() }}, false) as has_left,
        {{ masked('people.email') }} as email_masked
    from people
    left join memberships on people.person_id = memberships.person_id
)

select * from final
