-- Grain: one row per target line ever given: the scope that it speaks of
with

lines as (
    select * from {{ source('cascade', 'target_line') }}
),

paths as (
    select org_id, max(org_name) as org_name, max(kind) as kind, min(depth) as depth
    from {{ ref('int_org_path') }}
    group by org_id
),

placed as (
    select
        lines.line,
        lines.product_line,
        lines.customer_type,
        case
            when lines.holder_kind = 'person' then 'person'
            when lines.holder_id = 'company' or paths.depth = 0 and paths.kind in ('company', 'group') then 'company'
            when paths.kind in ('region', 'team') then paths.kind
            else 'org'
        end as scope_type,
        case
            when lines.holder_kind = 'person' then lines.holder_id
            when lines.holder_id = 'company' or paths.depth = 0 and paths.kind in ('company', 'group') then 'company'
            when paths.kind in ('region', 'team') then paths.org_name
            else lines.holder_id
        end as scope_id
    from lines
    left join paths on lines.holder_id = paths.org_id
),

final as (
    select
        line,
        case
            when product_line is null then scope_type
            when scope_type = 'company' then 'product_line'
            else concat(scope_type, '_product_line')
        end as scope_type,
        case
            when product_line is null then scope_id
            when scope_type = 'company' then product_line
            else concat(scope_id, '|', product_line)
        end as scope_id
    from placed
    where customer_type is null
)

select * from final
