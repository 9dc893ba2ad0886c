-- Grain: one row per source × owner of customer records
{% set fields = [
    'owner_id', 'region', 'industry', 'customer_type',
    'lead_source', 'phone', 'email', 'credit_code',
] %}
with

records as (
    select * from {{ ref('int_customer_record') }}
),

accounts as (
    select * from {{ ref('stg_accounts') }}
),

people as (
    select * from {{ ref('stg_people') }}
),

pairs as (
    select * from {{ source('matching', 'review_pair') }}
),

asked as (
    select account_a as account_id from pairs
    union
    select account_b from pairs
),

-- How complete a record is shows as it was handed over, not as merging completed it.
judged as (
    select
        records.account_id,
        records.customer_id,
        records.source,
        records.source_kind,
        coalesce(records.owner_id, 'unknown') as person_id,
        records.is_in_crm,
        records.record_no_in_kind,
        asked.account_id is not null as is_in_review,
        0
        {% for field in fields %}
        + case when coalesce(nullif(accounts.{{ field }}, 'unknown'), '') <> '' then 1 else 0 end
        {% endfor %}
            as filled_count
    from records
    inner join accounts on records.account_id = accounts.account_id
    left join asked on records.account_id = asked.account_id
),

counted as (
    select
        source,
        source_kind,
        person_id,
        count(*) as record_count,
        count(distinct customer_id) as customer_count,
        count(distinct case when is_in_crm then customer_id end) as crm_customer_count,
        count(distinct case when not is_in_crm then customer_id end)
            as personal_only_customer_count,
        sum(case when record_no_in_kind > 1 then 1 else 0 end) as duplicate_count,
        sum(case when is_in_review then 1 else 0 end) as in_review_count,
        sum(filled_count) as filled_field_count,
        count(*) * {{ fields | length }} as expected_field_count
    from judged
    group by source, source_kind, person_id
),

final as (
    select
        counted.source,
        counted.source_kind,
        counted.person_id,
        coalesce(people.person_name, counted.person_id) as owner_name,
        counted.record_count,
        counted.customer_count,
        counted.crm_customer_count,
        counted.personal_only_customer_count,
        cast(counted.duplicate_count as bigint) as duplicate_count,
        cast(counted.in_review_count as bigint) as in_review_count,
        cast(counted.filled_field_count as bigint) as filled_field_count,
        cast(counted.expected_field_count as bigint) as expected_field_count,
        {{ ratio('counted.filled_field_count', 'counted.expected_field_count') }}
            as completeness_rate
    from counted
    left join people on counted.person_id = people.person_id
)

select * from final
