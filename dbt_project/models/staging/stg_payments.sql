-- Grain: one row per payment received up to the end of D
select
    payment_id,
    order_id,
    received_on,
    amount,
    due_on,
    source,
    source_row
from {{ source('landed', 'payments') }}
