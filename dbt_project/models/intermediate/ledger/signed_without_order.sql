-- Grain: one row per opportunity that is signed at D and has no effective order
-- Only where orders are the source of signed amount: such a deal is neither booked nor in the
-- pipeline.
select
    opportunity_id,
    customer_id,
    person_id,
    stage,
    outcome,
    closed_on,
    expected_close_on,
    amount,
    source,
    source_row
from {{ ref('fct_opportunity') }}
where is_signed_without_order
