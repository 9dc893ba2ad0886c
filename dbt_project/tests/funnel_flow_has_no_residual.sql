{{ config(meta={'zh': '在阶段中和进入阶段的商机都有去向或仍在其中：每个范围'}) }}
-- Whatever was in a stage and came in has gone somewhere or is still there, at every scope.
select *
from {{ ref('mart_funnel_flow') }}
where residual_count <> 0 or residual_amount <> 0
