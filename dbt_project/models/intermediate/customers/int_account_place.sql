-- Grain: one row per customer record and run of days with one owner and region
-- The first export also speaks for the days before it; an account that was deleted keeps its last
-- place.
with

versions as (
    select * from {{ source('landed', 'accounts_version') }}
),

accounts as (
    select account_id, source from {{ ref('stg_accounts') }}
),

-- Of several sources of one account, the one that D goes by.
own as (
    select versions.*
    from versions
    inner join
        accounts
        on versions.account_id = accounts.account_id and versions.source = accounts.source
),

final as (
    select
        account_id,
        owner_id,
        region,
        case
            when
                row_number() over (partition by account_id order by valid_from) = 1
                then cast('1900-01-01' as date)
            else valid_from
        end as valid_from,
        coalesce(
            lead(valid_from) over (partition by account_id order by valid_from),
            cast('9999-12-31' as date)
        ) as valid_before
    from own
)

select * from final
