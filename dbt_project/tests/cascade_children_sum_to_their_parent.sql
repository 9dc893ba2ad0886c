{{ config(meta={
    'dagster': {'ref': {'name': 'mart_target_cascade'}},
    'zh': '下级目标之和等于上级目标减未分配'}) }}
-- depends_on: {{ ref('mart_target_cascade') }}
-- What a unit's children and its own people hold, added up from their cells, is what the unit holds
-- less its seat. By segment of time, in which everybody stands in one place; by month who moves
-- would count under one parent alone.
with

cells as (
    select * from {{ source('cascade', 'target_cell') }}
),

children as (
    select
        version_no, metric, level, scenario, product_line, customer_type, parent_id, segment_start,
        sum(value) as value
    from cells
    where parent_id is not null
    group by
        version_no, metric, level, scenario, product_line, customer_type, parent_id, segment_start
)

select
    units.version_no,
    units.metric,
    units.level,
    units.scenario,
    units.member_id,
    units.segment_start,
    units.value, units.unallocated, children.value as children_value
from cells as units
inner join children
    on
        units.version_no = children.version_no and units.metric = children.metric
        and units.level = children.level and units.scenario = children.scenario
        and units.product_line = children.product_line
        and units.customer_type = children.customer_type
        and units.member_id = children.parent_id and units.segment_start = children.segment_start
where units.member_kind = 'unit' and units.value - units.unallocated <> children.value
