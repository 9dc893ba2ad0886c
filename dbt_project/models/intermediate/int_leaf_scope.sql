-- Grain: one row per leaf and scope that it belongs to
-- A figure of any scope is the sum over its leaves; scopes of different type are never added.
with

booked as (
    select {{ leaf_columns() | join(', ') }} from {{ ref('int_metric_day') }}
),

counted as (
    select {{ leaf_columns() | join(', ') }} from {{ ref('int_formula_object') }}
),

dealt as (
    select {{ leaf_columns() | join(', ') }} from {{ ref('fct_opportunity') }}
),

owned as (
    select {{ leaf_columns() | join(', ') }} from {{ ref('int_opportunity_segment') }}
),

targeted as (
    select {{ leaf_columns() | join(', ') }} from {{ ref('int_target_leaf') }}
),

served as (
    select {{ leaf_columns() | join(', ') }} from {{ ref('int_customer_place') }}
),

leaves as (
    select {{ leaf_columns() | join(', ') }} from booked
    union
    select {{ leaf_columns() | join(', ') }} from counted
    union
    select {{ leaf_columns() | join(', ') }} from dealt
    union
    select {{ leaf_columns() | join(', ') }} from owned
    union
    select {{ leaf_columns() | join(', ') }} from served
    union
    select {{ leaf_columns() | join(', ') }} from targeted
),

identified as (
    select {{ leaf_id('leaves') }} as leaf_id, leaves.* from leaves
),

path_nodes as (
    select * from {{ ref('int_org_path_node') }}
),

people as (
    select * from {{ ref('stg_people') }}
),

named as (
    select identified.*, coalesce(people.person_name, identified.person_id) as person_name
    from identified
    left join people on identified.person_id = people.person_id
),

every_scope as (
    select leaf_id, 'company' as scope_type, 'company' as scope_id, 'company' as scope_name
    from named
    union all
    select
        named.leaf_id,
        'org' as scope_type,
        path_nodes.org_id as scope_id,
        path_nodes.org_name as scope_name
    from named
    inner join path_nodes on named.org_path = path_nodes.org_path
    {% for column in ['region', 'team', 'product_line', 'customer_type', 'tier'] %}
    union all
    select
        leaf_id, '{{ column }}' as scope_type, {{ column }} as scope_id, {{ column }} as scope_name
    from named
    {% endfor %}
    union all
    select leaf_id, 'person' as scope_type, person_id as scope_id, person_name as scope_name
    from named
    {% for column in ['region', 'team'] %}
    union all
    select
        leaf_id, '{{ column }}_product_line' as scope_type,
        concat({{ column }}, '|', product_line) as scope_id,
        concat_ws('', {{ column }}, ' | ', product_line) as scope_name
    from named
    {% endfor %}
    union all
    select
        leaf_id, 'person_product_line' as scope_type,
        concat(person_id, '|', product_line) as scope_id,
        concat_ws('', person_name, ' | ', product_line) as scope_name
    from named
),

-- A dimension that a figure is not broken down by is no scope of its own.
standing as (
    select * from every_scope
    where scope_id <> '(all)' and scope_id not like '%|(all)'
),

-- One number stands for a scope, one for a leaf where many rows are grouped by it: cheaper than
-- texts.
leaf_numbers as (
    select leaf_id, cast(row_number() over (order by leaf_id) as integer) as leaf_no
    from identified
),

numbered as (
    select
        scope_type,
        scope_id,
        cast(row_number() over (order by scope_type, scope_id) as integer) as scope_no
    from standing
    group by scope_type, scope_id
),

final as (
    select standing.*, numbered.scope_no, leaf_numbers.leaf_no
    from standing
    inner join leaf_numbers on standing.leaf_id = leaf_numbers.leaf_id
    inner join
        numbered
        on standing.scope_type = numbered.scope_type and standing.scope_id = numbered.scope_id
)

select * from final
