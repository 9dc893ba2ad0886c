{{ config(severity='warn', meta={
    'dagster': {'ref': {'name': 'mart_forecast_accuracy'}},
    'zh': '提前30天的预测概率与实际达成相差不超过15个百分点，且60%以上的结果落在p10至p90之间',
}) }}
-- Chances called 30 days ahead against what came, over all scopes of a kind; fewer than 20 calls
-- say nothing.
with

accuracy as (
    select * from {{ ref('mart_forecast_accuracy') }}
    where horizon = '30' and scope_id = '(all)' and decile = '(all)' and judged_count >= 20
)

select period_type, scope_type, judged_count, called_rate, attained_rate, inside_rate
from accuracy
where abs(called_rate - attained_rate) > 0.15 or inside_rate < 0.6
