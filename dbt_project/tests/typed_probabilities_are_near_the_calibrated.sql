{{ config(severity='warn', meta={
    'dagster': {'ref': {'name': 'mart_pipeline_coverage'}},
    'zh': '各阶段在手商机的平均手填赢率与按历史校准的赢率相差不超过15个百分点（不足20个商机不判断）',
}) }}
-- What people type against what deals of that stage and age came to, by stage; fewer than 20 open
-- deals say nothing.
-- depends_on: {{ ref('mart_pipeline_coverage') }}
with

deals as (
    select * from {{ ref('int_open_opportunity') }}
    where is_calibrated and typed_probability_rate is not null
)

select
    pipeline,
    stage,
    count(*) as deal_count,
    round(avg(cast(typed_probability_rate as double)), 3) as typed_rate,
    round(avg(win_probability_rate), 3) as calibrated_rate
from deals
group by pipeline, stage
having
    count(*) >= 20
    -- Rounded, as 0.4 less 0.25 lies a hair above 0.15.
    and round(abs(avg(cast(typed_probability_rate as double)) - avg(win_probability_rate)), 9)
    > 0.15
