{{ config(meta={'zh': '周初商机加各项变动等于周末商机，不留余数'}) }}
-- The pipeline at the end of a week is the one at its beginning and every line between, at every
-- scope.
select *
from {{ ref('mart_pipeline_bridge') }}
where residual_count <> 0 or residual_amount <> 0
