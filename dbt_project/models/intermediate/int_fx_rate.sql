-- Grain: one row per currency and validity; one unit of it in the reporting currency
-- A rate of 0 or less is none: an amount without a rate is kept and counted, not made to vanish.
with

rates as (
    select * from {{ source('landed', 'fx_rates') }}
    where rate > 0
),

dated as (
    select
        currency,
        rate as fx_rate,
        valid_on as valid_from,
        lead(valid_on) over (partition by currency order by valid_on) as next_valid_on
    from rates
),

reporting as (
    select
        currency,
        cast(1 as decimal(18, 6)) as fx_rate,
        cast('1900-01-01' as date) as valid_from,
        cast('9999-12-31' as date) as valid_before
    from {{ source('reference', 'company') }}
),

final as (
    select * from reporting
    union all
    select
        currency,
        fx_rate,
        valid_from,
        coalesce(next_valid_on, cast('9999-12-31' as date)) as valid_before
    from dated
    where currency <> (select reporting.currency from reporting)
)

select * from final
