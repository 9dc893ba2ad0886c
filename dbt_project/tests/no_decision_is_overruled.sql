-- Two records that somebody keeps apart never stand in one customer, nor do two that somebody
-- merges stand in two, unless another decision keeps them apart (then the row is listed as a
-- decision that cannot be followed).
{{ config(meta={
    'zh': '决定分开的不会合并，决定合并的不会分开',
    'dagster': {'ref': {'name': 'dim_customer_record'}}}) }}
with records as (
    select record, account_id, customer_id from {{ ref('dim_customer_record') }}
),

written as (
    select record as written, customer_id from records
    union all
    select account_id, customer_id from records
),

decided as (
    select
        decisions.record_a,
        decisions.record_b,
        decisions.decision,
        one.customer_id = two.customer_id as is_one
    from {{ source('rules', 'decisions') }} as decisions
    inner join written as one on replace(trim(decisions.record_a), '：', ':') = one.written
    inner join written as two on replace(trim(decisions.record_b), '：', ':') = two.written
)

select decided.*
from decided
left join {{ source('matching', 'decision_problem') }} as problems
    on decided.record_a = problems.record_a and decided.record_b = problems.record_b
where
    (decided.decision = 'keep_apart' and decided.is_one)
    or (decided.decision = 'merge' and not decided.is_one and problems.problem is null)
