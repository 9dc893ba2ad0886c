{{ config(meta={
    'dagster': {'ref': {'name': 'fct_target_day'}},
    'zh': '每日目标之和等于周期目标：由级联表复算'}) }}
-- The days of a month add up to what the cascade holds for the company: to the cent, by metric,
-- level and scenario.
with

tops as (
    select * from {{ ref('mart_target_cascade') }}
    where is_in_force and node_kind = 'unit' and parent_node_id is null and period_type = 'month'
),

cells as (
    select cells.*, cells.product_line = '(all)' and cells.customer_type = '(all)' as is_whole
    from {{ source('cascade', 'target_cell') }} as cells
    inner join {{ source('cascade', 'target_version') }} as versions
        on
            cells.metric = versions.metric and cells.level = versions.level
            and cells.scenario = versions.scenario and cells.version_no = versions.version_no
    where versions.is_in_force
),

-- A given product line or customer type comes off the whole of its unit or of one above it, where
-- there is one.
wholes as (
    select metric, level, scenario, segment_start, member_id
    from cells
    where is_whole and member_kind = 'unit' and origin <> 'none'
),

pieces as (
    select
        metric, level, scenario, segment_start,
        case when member_kind = 'unit' then member_id else parent_id end as unit_id,
        sum(case when member_kind = 'unit' then unallocated else value end) as target
    from cells
    where not is_whole
    group by 1, 2, 3, 4, 5
),

above as (
    select paths.org_id as unit_id, nodes.org_id as node_id
    from {{ ref('int_org_path') }} as paths
    inner join {{ ref('int_org_path_node') }} as nodes on paths.org_path = nodes.org_path
    group by 1, 2
),

covered as (
    select pieces.metric, pieces.level, pieces.scenario, pieces.segment_start, pieces.unit_id
    from pieces
    left join above on pieces.unit_id = above.unit_id
    inner join wholes
        on
            pieces.metric = wholes.metric
            and pieces.level = wholes.level
            and pieces.scenario = wholes.scenario
            and pieces.segment_start = wholes.segment_start
            and wholes.member_id in (pieces.unit_id, above.node_id, 'company')
    group by 1, 2, 3, 4, 5
),

standing_alone as (
    select
        pieces.metric, pieces.level, pieces.scenario, days.month_start_on as period_start,
        sum(pieces.target) as target
    from pieces
    inner join
        {{ source('reference', 'calendar_day') }} as days
        on pieces.segment_start = days.date_day
    left join covered
        on
            pieces.metric = covered.metric
            and pieces.level = covered.level
            and pieces.scenario = covered.scenario
            and pieces.segment_start = covered.segment_start and pieces.unit_id = covered.unit_id
    where covered.metric is null
    group by 1, 2, 3, 4
),

cascaded as (
    select
        tops.metric,
        tops.level,
        tops.scenario,
        tops.period_start,
        max(tops.period_end) as period_end,
        sum(
            case
                when
                    tops.product_line = '(all)' and tops.customer_type = '(all)'
                    then tops.target
                else 0
            end
        )
        + coalesce(max(standing_alone.target), 0) as target
    from tops
    left join standing_alone
        on
            tops.metric = standing_alone.metric and tops.level = standing_alone.level
            and tops.scenario = standing_alone.scenario
            and tops.period_start = standing_alone.period_start
    group by tops.metric, tops.level, tops.scenario, tops.period_start
),

spread as (
    select
        cascaded.metric,
        cascaded.level,
        cascaded.scenario,
        cascaded.period_start,
        sum(days.target) as target
    from cascaded
    inner join {{ ref('fct_target_day') }} as days
        on
            cascaded.metric = days.metric
            and cascaded.level = days.level
            and cascaded.scenario = days.scenario
            and cascaded.period_start <= days.target_on and cascaded.period_end >= days.target_on
    group by cascaded.metric, cascaded.level, cascaded.scenario, cascaded.period_start
)

select
    cascaded.metric, cascaded.level, cascaded.scenario, cascaded.period_start,
    cascaded.target, coalesce(spread.target, 0) as days_target
from cascaded
left join spread
    on
        cascaded.metric = spread.metric and cascaded.level = spread.level
        and cascaded.scenario = spread.scenario and cascaded.period_start = spread.period_start
where abs(cascaded.target - coalesce(spread.target, 0)) >= 0.01
