-- Grain: one row per order as its first line was last handed over, booked or not
-- Drafts were never booked and may have received money all the same.
select order_id, account_id, person_id, currency, product_line, region
from {{ ref('stg_orders') }}
qualify row_number() over (partition by order_id order by line_no) = 1
