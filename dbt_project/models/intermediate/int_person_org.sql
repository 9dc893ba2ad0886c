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
            and paths.valid_from < assignments.valid_before
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

posts as (
    select every_post.*, row_number() over (order by person_id, valid_from, org_path) as post_no
    from (
        select * from assigned
        union all
        select * from exported
    ) as every_post
),

-- Of two posts on one day the newer one stands, so that nobody's figures count twice: sheets often say only when a
-- post began.
cuts as (
    select person_id, valid_from as cut_on from posts
    union
    select person_id, valid_before as cut_on from posts
),

spans as (
    select
        person_id,
        cut_on as valid_from,
        lead(cut_on) over (partition by person_id order by cut_on) as valid_before
    from cuts
),

held as (
    select
        spans.person_id, spans.valid_from, spans.valid_before,
        posts.post_no, posts.org_id, posts.org_path, posts.region, posts.team
    from spans
    inner join posts
        on
            spans.person_id = posts.person_id
            and spans.valid_from >= posts.valid_from and spans.valid_before <= posts.valid_before
    qualify row_number() over (
        partition by spans.person_id, spans.valid_from order by posts.valid_from desc, posts.org_path asc
    ) = 1
),

-- A post that another one's end cuts in two is one all the same.
turned as (
    select
        *,
        case
            when lag(post_no) over (partition by person_id order by valid_from) = post_no then 0 else 1
        end as turn
    from held
),

numbered as (
    select *, sum(turn) over (partition by person_id order by valid_from) as run_no from turned
),

final as (
    select
        person_id, org_id, org_path, region, team,
        min(valid_from) as valid_from,
        max(valid_before) as valid_before
    from numbered
    group by person_id, run_no, post_no, org_id, org_path, region, team
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
