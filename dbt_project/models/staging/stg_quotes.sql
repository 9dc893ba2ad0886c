-- Grain: one row per quote issued up to the end of D
select
    quote_id,
    opportunity_id,
    issued_on,
    amount,
    person_id,
    source,
    source_row
from {{ source('landed', 'quotes') }}
