-- Grain: one row per customer record as handed over
with

records as (
    select * from {{ ref('int_customer_record') }}
),

final as (
    select
        account_id,
        customer_id,
        concat(source, ':', account_id) as record,
        account_name as record_name,
        owner_id,
        account_id = customer_id as is_golden,
        record_no_in_kind > 1 as is_duplicate,
        is_in_crm,
        matched_by,
        matched_with,
        {{ rate('match_probability') }} as match_probability_rate,
        source_kind,
        source,
        source_row
    from records
)

select * from final
