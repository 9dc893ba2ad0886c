{{ config(meta={
    'zh': '商机变动表的期末等于逐单清点的在手商机',
    'dagster': {'ref': {'name': 'mart_pipeline_bridge'}}}) }}
-- The bridge's last end is what stands open in its quarter, counted from the deals themselves.
with

company as (
    select * from {{ source('reference', 'company') }}
),

quarters as (
    select periods.period_start, periods.period_end
    from {{ source('reference', 'period') }} as periods
    inner join
        company
        on periods.period_start <= company.as_of and periods.period_end >= company.as_of
    where periods.period_type = 'quarter'
),

standing as (
    select count(*) as deal_count
    from {{ ref('int_opportunity_segment') }} as segments
    cross join company
    cross join quarters
    where
        segments.standing = 'open'
        and segments.valid_from <= company.as_of
        and segments.valid_before > company.as_of
        and segments.expected_close_on >= quarters.period_start
        and segments.expected_close_on <= quarters.period_end
),

bridged as (
    select coalesce(max(bridge.end_count), 0) as deal_count
    from {{ ref('mart_pipeline_bridge') }} as bridge
    cross join company
    where
        bridge.scope_type = 'company'
        and bridge.week_start <= company.as_of
        and bridge.week_end >= company.as_of
)

select standing.deal_count, bridged.deal_count as bridged_count
from standing
cross join bridged
where standing.deal_count <> bridged.deal_count
