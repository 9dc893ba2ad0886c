-- Grain: one row per customer record as handed over, with the customer that it is a record of
-- The record's own region, else the customer's; one type for all records of a customer.
with

accounts as (
    select * from {{ ref('stg_accounts') }}
),

matches as (
    select * from {{ source('matching', 'customer_record') }}
),

customers as (
    select customer_id, region, customer_type from {{ ref('int_customer') }}
),

final as (
    select
        accounts.account_id,
        matches.customer_id,
        accounts.account_name,
        accounts.owner_id,
        coalesce(accounts.region, customers.region) as region,
        customers.customer_type,
        accounts.industry,
        accounts.lead_source,
        accounts.state,
        accounts.created_on,
        accounts.phone,
        accounts.email,
        accounts.credit_code,
        matches.matched_by,
        matches.matched_with,
        matches.match_probability,
        accounts.source,
        accounts.source_kind,
        accounts.source_row,
        row_number() over (
            partition by
                matches.customer_id,
                case when accounts.source_kind = 'personal' then 1 else 0 end
            order by
                case when accounts.account_id = matches.customer_id then 0 else 1 end asc,
                accounts.account_id asc
        ) as record_no_in_kind,
        min(case when accounts.source_kind = 'personal' then 1 else 0 end)
            over (partition by matches.customer_id)
        = 0 as is_in_crm
    from accounts
    inner join matches on accounts.account_id = matches.account_id
    inner join customers on matches.customer_id = customers.customer_id
)

select * from final
