{{ config(severity='warn', meta={
    'dagster': {'ref': {'name': 'mart_target_progress'}},
    'zh': '进度表每一行的指标、期间与范围都能识别'}) }}
-- Every row of the progress sheet names a metric, a period and a scope that are known.
select metric, period_label, scope_id, problem, problem_en, source_row
from {{ ref('mart_target_progress') }}
where problem is not null and reported_on > {{ days_after(as_of(), -31) }}
