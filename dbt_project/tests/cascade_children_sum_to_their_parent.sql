{{ config(meta={
    'dagster': {'ref': {'name': 'mart_target_cascade'}},
    'zh': '下级目标之和等于上级目标减未分配'}) }}
-- What a unit's children hold, added up from their own rows, is what the unit says that they hold: by month,
-- because a child that moves counts for a quarter under one parent alone.
with

nodes as (
    select * from {{ ref('mart_target_cascade') }} where period_type = 'month'
),

children as (
    select
        target_version, metric, level, scenario, product_line, customer_type, parent_node_id,
        period_type, period_start, sum(target) as target, count(*) as child_count
    from nodes
    where parent_node_id is not null
    group by
        target_version, metric, level, scenario, product_line, customer_type, parent_node_id,
        period_type, period_start
)

select
    nodes.target_version, nodes.metric, nodes.level, nodes.scenario, nodes.node_id, nodes.period_type,
    nodes.period_start, nodes.children_sum, children.target
from nodes
inner join children
    on
        nodes.target_version = children.target_version and nodes.metric = children.metric
        and nodes.level = children.level and nodes.scenario = children.scenario
        and nodes.product_line = children.product_line and nodes.customer_type = children.customer_type
        and nodes.node_id = children.parent_node_id and nodes.period_type = children.period_type
        and nodes.period_start = children.period_start
-- Each child is rounded once: half a cent each.
where
    nodes.node_kind = 'unit'
    and abs(nodes.children_sum - children.target) > 0.005 * (children.child_count + 1)
