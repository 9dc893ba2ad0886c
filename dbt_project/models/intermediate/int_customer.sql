-- Grain: one row per customer, however many records it was handed over in
-- Of each value the CRM's comes before a personal sheet's, the newest first, and never an empty
-- one. A customer is strategic if any record says so, as alive as its most living record, and as
-- old as its oldest.
{% set value_columns = [
    'account_name', 'owner_id', 'region', 'industry', 'size', 'lead_source', 'typed_tier',
    'lifecycle_stage', 'phone', 'email', 'credit_code'
] %}
with

accounts as (
    select * from {{ ref('stg_accounts') }}
),

matches as (
    select account_id, customer_id from {{ source('matching', 'customer_record') }}
),

ranked as (
    select
        accounts.*,
        matches.customer_id,
        case when accounts.source_kind = 'personal' then 1 else 0 end as is_personal,
        case accounts.state when 'active' then 1 when 'paused' then 2 else 3 end as state_rank,
        row_number() over (
            partition by matches.customer_id
            order by
                case when accounts.source_kind = 'personal' then 1 else 0 end asc,
                accounts.landed_on desc nulls last,
                accounts.created_at desc nulls last,
                accounts.account_id desc
        ) as value_rank
    from accounts
    inner join matches on accounts.account_id = matches.account_id
),

merged as (
    select
        customer_id,
        {% for column in value_columns %}
        min_by({{ column }}, case when {{ column }} is not null then value_rank end)
            as {{ column }},
        {% endfor %}
        min_by(customer_type, case when customer_type <> 'unknown' then value_rank end)
            as customer_type,
        min_by(account_id, case when owner_id is not null then value_rank end) as owner_account_id,
        max(case when is_strategic then 1 else 0 end) = 1 as is_strategic,
        -- The CRM alone says whether a customer of the CRM lives.
        min_by(state, is_personal * 10 + state_rank) as state,
        min(created_at) as created_at,
        min(created_on) as created_on,
        count(*) as record_count,
        sum(1 - is_personal) as crm_record_count
    from ranked
    group by customer_id
),

final as (
    select
        merged.customer_id,
        merged.account_name,
        merged.owner_id,
        coalesce(merged.owner_account_id, merged.customer_id) as owner_account_id,
        merged.region,
        merged.industry,
        merged.size,
        coalesce(merged.customer_type, 'unknown') as customer_type,
        merged.lead_source,
        merged.is_strategic,
        merged.typed_tier,
        merged.lifecycle_stage,
        merged.state,
        merged.created_at,
        merged.created_on,
        merged.phone,
        merged.email,
        merged.credit_code,
        merged.record_count,
        merged.crm_record_count,
        -- Of the record that it is named after: a personal one only where the CRM has none.
        accounts.source,
        accounts.source_kind,
        accounts.source_row
    from merged
    inner join accounts on merged.customer_id = accounts.account_id
)

select * from final
