-- A stage ends with what it began with and every move between, and its last end is who stands
-- there: every customer that is not invalid, counted from the customers themselves.
{{ config(meta={
    'zh': '每个阶段期初加转入减转出等于期末，且期末等于实际客户数',
    'dagster': {'ref': {'name': 'mart_customer_lifecycle'}}}) }}
with

moves as (
    select scope_type, scope_id, week_label, residual_count as difference
    from {{ ref('mart_customer_lifecycle') }}
    where residual_count <> 0 or end_count < 0
),

ended as (
    select coalesce(sum(lifecycles.end_count), 0) as customer_count
    from {{ ref('mart_customer_lifecycle') }} as lifecycles
    cross join {{ source('reference', 'company') }} as company
    where
        lifecycles.scope_type = 'company'
        and lifecycles.week_start <= company.as_of and lifecycles.week_end >= company.as_of
),

standing as (
    select count(*) as customer_count from {{ ref('int_customer') }} where state <> 'invalid'
)

select * from moves
union all
select
    'company' as scope_type, 'company' as scope_id, 'D' as week_label,
    ended.customer_count - standing.customer_count as difference
from ended
cross join standing
where ended.customer_count <> standing.customer_count
