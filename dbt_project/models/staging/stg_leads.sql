-- Grain: one row per lead created up to the end of D
select
    lead_id,
    created_at,
    created_on,
    name as lead_name,
    company as company_name,
    phone,
    wechat_id,
    coalesce(lead_source, 'unknown') as lead_source,
    owner_id,
    assigned_at,
    assigned_on,
    first_response_at,
    status,
    is_valid as marked_valid,
    region,
    coalesce(product_line, 'unknown') as product_line,
    converted_account_id,
    converted_opportunity_id,
    source,
    source_row
from {{ source('landed', 'leads') }}
