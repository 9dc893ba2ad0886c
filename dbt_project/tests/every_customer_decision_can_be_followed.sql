-- A decision that names an unknown record, or contradicts another one, is not followed:
-- somebody should mend the row.
{{ config(severity='warn', meta={
    'zh': '每条合并决定都能执行：记录存在且不与其他决定矛盾',
    'dagster': {'ref': {'name': 'dim_customer_record'}}}) }}
select problems.*
from {{ source('matching', 'decision_problem') }} as problems
where (select count(*) from {{ ref('dim_customer_record') }}) >= 0
