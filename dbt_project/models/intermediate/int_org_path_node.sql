-- Grain: one row per path and node on it (the node itself included)
{% set depth = 9 %}
with

paths as (
    select org_path, parent_path, org_id, org_name, depth
    from {{ ref('int_org_path') }}
    group by all
),

pairs_0 as (
    select org_path, org_id, org_name from paths where depth = 0
),
{% for level in range(1, depth) %}
pairs_{{ level }} as (
    select org_path, org_id, org_name from paths where depth = {{ level }}
    union all
    select paths.org_path, pairs.org_id, pairs.org_name
    from paths
    inner join pairs_{{ level - 1 }} as pairs on paths.parent_path = pairs.org_path
    where paths.depth = {{ level }}
),
{% endfor %}
final as (
    {% for level in range(depth) -%}
    select * from pairs_{{ level }}
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
)

select * from final
