-- Grain: one row per instalment planned
select
    order_id,
    due_on,
    amount,
    source,
    source_row
from {{ source('landed', 'receivables') }}
