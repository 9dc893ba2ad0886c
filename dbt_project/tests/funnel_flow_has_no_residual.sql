-- Whatever was in a stage and came in has gone somewhere or is still there, at every scope.
select *
from {{ ref('mart_funnel_flow') }}
where residual_count <> 0 or residual_amount <> 0
