-- Grain: one row per scope that any leaf belongs to
select scope_no, scope_type, scope_id, max(scope_name) as scope_name
from {{ ref('int_leaf_scope') }}
group by scope_no, scope_type, scope_id
