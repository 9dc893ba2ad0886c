-- Grain: one row per organisation node and validity of its whole path to the top
-- A path is stamped on events, so that a reorganisation never moves history.
{% set depth = 9 %}
with

nodes as (
    select * from {{ ref('int_org_node') }}
),

level_0 as (
    select
        nodes.org_id,
        nodes.org_name,
        nodes.kind,
        concat('/', nodes.org_id, '/') as org_path,
        cast(null as {{ dbt.type_string() }}) as parent_path,
        case when nodes.kind = 'region' then nodes.org_name end as region,
        case when nodes.kind = 'team' then nodes.org_name end as team,
        nodes.valid_from,
        nodes.valid_before
    from nodes
    left join nodes as parents on nodes.parent_id = parents.org_id
    where parents.org_id is null
),
{% for level in range(1, depth) %}
level_{{ level }} as (
    select
        nodes.org_id,
        nodes.org_name,
        nodes.kind,
        concat(upper_level.org_path, nodes.org_id, '/') as org_path,
        upper_level.org_path as parent_path,
        case when nodes.kind = 'region' then nodes.org_name else upper_level.region end as region,
        case when nodes.kind = 'team' then nodes.org_name else upper_level.team end as team,
        greatest(nodes.valid_from, upper_level.valid_from) as valid_from,
        least(nodes.valid_before, upper_level.valid_before) as valid_before
    from level_{{ level - 1 }} as upper_level
    inner join nodes
        on
            upper_level.org_id = nodes.parent_id
            and upper_level.valid_before > nodes.valid_from
            and upper_level.valid_from < nodes.valid_before
),
{% endfor %}
final as (
    {% for level in range(depth) -%}
    select *, cast({{ level }} as bigint) as depth from level_{{ level }}
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
)

select * from final
