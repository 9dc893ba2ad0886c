-- The customers and amounts of a period's end are those of its begin and every line between, at
-- every scope.
select *
from {{ ref('mart_customer_bridge') }}
where residual_count <> 0 or residual_amount <> 0
