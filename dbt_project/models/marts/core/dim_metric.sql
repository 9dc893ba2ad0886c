-- Grain: one row per metric
select
    metric,
    name as metric_name_zh,
    name_en as metric_name_en,
    aggregate,
    unit,
    direction,
    definition as definition_zh,
    definition_en,
    rules_version
from {{ source('rules', 'metrics') }}
