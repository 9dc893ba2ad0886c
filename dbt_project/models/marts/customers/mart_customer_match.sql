-- Grain: one row per pair of customer records that only a person can decide on
with

pairs as (
    select * from {{ source('matching', 'review_pair') }}
),

records as (
    select * from {{ ref('int_customer_record') }}
),

final as (
    select
        pairs.record_a,
        pairs.record_b,
        pairs.account_a,
        pairs.account_b,
        first_records.account_name as name_a,
        second_records.account_name as name_b,
        first_records.customer_id as customer_a,
        second_records.customer_id as customer_b,
        {{ masked('first_records.phone') }} as phone_a_masked,
        {{ masked('second_records.phone') }} as phone_b_masked,
        first_records.owner_id as owner_a,
        second_records.owner_id as owner_b,
        pairs.evidence,
        pairs.objection,
        {{ rate('pairs.match_probability') }} as match_probability_rate,
        first_records.source_row as source_row_a,
        second_records.source_row as source_row_b
    from pairs
    inner join records as first_records on pairs.account_a = first_records.account_id
    inner join records as second_records on pairs.account_b = second_records.account_id
)

select * from final
