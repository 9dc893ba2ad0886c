{{ config(meta={
    'dagster': {'ref': {'name': 'fct_target_day'}},
    'zh': '每日目标之和等于周期目标：由级联表复算'}) }}
-- The days of a month add up to what the cascade holds for the company: to the cent, by metric, level and scenario.
with

tops as (
    select * from {{ ref('mart_target_cascade') }}
    where is_in_force and node_kind = 'unit' and parent_node_id is null and period_type = 'month'
),

-- A target for everything holds those given for its slices; without one the slices are all there is.
cascaded as (
    select
        metric, level, scenario, period_start, max(period_end) as period_end,
        case
            when count(case when product_line = '(all)' and customer_type = '(all)' then 1 end) > 0
                then sum(case when product_line = '(all)' and customer_type = '(all)' then target end)
            else sum(target)
        end as target
    from tops
    group by metric, level, scenario, period_start
),

spread as (
    select cascaded.metric, cascaded.level, cascaded.scenario, cascaded.period_start, sum(days.target) as target
    from cascaded
    inner join {{ ref('fct_target_day') }} as days
        on
            cascaded.metric = days.metric and cascaded.level = days.level and cascaded.scenario = days.scenario
            and days.target_on >= cascaded.period_start and days.target_on <= cascaded.period_end
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
