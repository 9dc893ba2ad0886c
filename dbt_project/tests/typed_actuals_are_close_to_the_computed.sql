{{ config(severity='warn', meta={
    'dagster': {'ref': {'name': 'mart_target_progress'}},
    'zh': '进度表填报的实际值与计算值相差不超过1%'}) }}
-- What was typed into the progress sheet in the last month lies within 1 % of the computed figure;
-- both are shown.
select
    metric,
    period_label,
    scope_type,
    scope_id,
    reported_on,
    typed_actual,
    computed_actual,
    source_row
from {{ ref('mart_target_progress') }}
where is_typed_off and reported_on > {{ days_after(as_of(), -31) }}
