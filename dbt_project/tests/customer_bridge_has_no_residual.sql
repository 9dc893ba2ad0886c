{{ config(meta={'zh': '期初、各项增减与期末相符，不留余数：每个范围、每个周期'}) }}
-- The customers and amounts of a period's end are those of its begin and every line between, at
-- every scope.
select *
from {{ ref('mart_customer_bridge') }}
where residual_count <> 0 or residual_amount <> 0
