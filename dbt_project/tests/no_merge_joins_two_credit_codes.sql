-- Records with different well-formed credit codes are one customer only where somebody decided so.
{{ config(meta={'dagster': {'ref': {'name': 'dim_customer'}}}) }}
select customer_id
from {{ source('matching', 'customer_record') }}
where customer_id in (select dim_customer.customer_id from {{ ref('dim_customer') }} as dim_customer)
group by customer_id
having count(distinct valid_credit_code) > 1 and count(case when matched_by = 'decision' then 1 end) = 0
