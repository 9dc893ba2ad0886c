-- Grain: one row per pipeline and stage
select
    pipeline,
    stage,
    stage_name_zh,
    stage_name_en,
    stage_order,
    outcome,
    is_signed,
    is_after_sale,
    default_probability_rate,
    allowed_workdays,
    {{ rules_version() }} as rules_version
from {{ source('reference', 'stage') }}
