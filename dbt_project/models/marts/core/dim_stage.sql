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
    allowed_workdays
from {{ source('reference', 'stage') }}
