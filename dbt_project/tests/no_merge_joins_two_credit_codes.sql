-- Records with different well-formed credit codes are one customer only where somebody decided.
{{ config(meta={
    'zh': '统一社会信用代码不同的记录不会自动合并',
    'dagster': {'ref': {'name': 'dim_customer'}}}) }}
select matches.customer_id
from {{ source('matching', 'customer_record') }} as matches
inner join {{ ref('dim_customer') }} as customers on matches.customer_id = customers.customer_id
group by matches.customer_id
having
    count(distinct matches.valid_credit_code) > 1
    and count(case when matches.matched_by = 'decision' then 1 end) = 0
