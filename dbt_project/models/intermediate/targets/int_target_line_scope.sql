-- Grain: one row per target line ever given: the scope that it speaks of
-- A unit is the company, a region or a team where it is one of those, else a node of the
-- organisation. A line of a customer type has its own scope only.
with

lines as (
    select * from {{ source('cascade', 'target_line') }}
),

paths as (
    select org_id, max(org_name) as org_name, max(kind) as kind, min(depth) as depth
    from {{ ref('int_org_path') }}
    group by org_id
),

typed as (
    select
        lines.line,
        lines.holder_id,
        lines.product_line,
        lines.customer_type,
        paths.org_name,
        case
            when lines.holder_kind = 'person' then 'person'
            when
                lines.holder_id = 'company'
                or paths.depth = 0 and paths.kind in ('company', 'group')
                then 'company'
            when paths.kind in ('region', 'team') then paths.kind
            else 'org'
        end as own_scope_type
    from lines
    left join paths on lines.holder_id = paths.org_id
),

named as (
    select
        typed.*,
        case own_scope_type
            when 'company' then 'company'
            when 'region' then typed.org_name
            when 'team' then typed.org_name
            else typed.holder_id
        end as own_scope_id
    from typed
),

final as (
    select
        line,
        org_name,
        own_scope_type,
        own_scope_id,
        case
            when customer_type is not null then null
            when product_line is null then own_scope_type
            when own_scope_type = 'company' then 'product_line'
            else concat(own_scope_type, '_product_line')
        end as scope_type,
        case
            when customer_type is not null then null
            when product_line is null then own_scope_id
            when own_scope_type = 'company' then product_line
            else concat(own_scope_id, '|', product_line)
        end as scope_id
    from named
)

select * from final
