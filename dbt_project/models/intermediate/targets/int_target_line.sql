-- Grain: one row per target in force as it was given and scope that it speaks of
-- A unit is a scope of the organisation and, where it is one, also the company, a region or a team.
with

lines as (
    select * from {{ source('cascade', 'target_line') }}
),

paths as (
    select org_id, max(org_name) as org_name, max(kind) as kind, min(depth) as depth
    from {{ ref('int_org_path') }}
    group by org_id
),

usable as (
    select *
    from lines
    where
        (problem is null or problem in ('unknown_unit', 'unknown_person', 'finer_exceeds'))
        and removed_on is null
        and (effective_on is null or effective_on <= {{ as_of() }})
    qualify row_number() over (
        partition by
            metric, level, scenario, product_line, customer_type, holder_kind, holder_id, start_on, end_on
        order by coalesce(effective_on, start_on) desc, recorded_on desc, line
    ) = 1
),

placed as (
    select
        usable.*,
        paths.org_name,
        case
            when usable.holder_kind = 'person' then 'person'
            when usable.holder_id = 'company' or paths.depth = 0 and paths.kind in ('company', 'group') then 'company'
            when paths.kind in ('region', 'team') then paths.kind
            else 'org'
        end as own_scope_type
    from usable
    left join paths on usable.holder_id = paths.org_id
),

named as (
    select
        placed.*,
        case own_scope_type
            when 'company' then 'company'
            when 'region' then placed.org_name
            when 'team' then placed.org_name
            else placed.holder_id
        end as own_scope_id
    from placed
),

final as (
    select
        named.*,
        case
            when product_line is null then own_scope_type
            when own_scope_type = 'company' then 'product_line'
            else concat(own_scope_type, '_product_line')
        end as scope_type,
        case
            when product_line is null then own_scope_id
            when own_scope_type = 'company' then product_line
            else concat(own_scope_id, '|', product_line)
        end as scope_id
    from named
    where customer_type is null
    union all
    select named.*, 'org' as scope_type, holder_id as scope_id
    from named
    where own_scope_type in ('company', 'region', 'team') and product_line is null and customer_type is null
    union all
    select named.*, 'customer_type' as scope_type, customer_type as scope_id
    from named
    where customer_type is not null and product_line is null and own_scope_type = 'company'
)

select * from final
