-- Grain: one row per opportunity, stage visit and run of days on which it was open with one amount
-- What a customer was expected to buy on any day, at the rate of D: the pipeline's rate.
with

visits as (
    select * from {{ ref('fct_stage_visit') }}
    where outcome = 'open' and not coalesce(is_signed, false)
),

versions as (
    select * from {{ ref('int_opportunity_version') }}
    where not is_deleted
),

opportunities as (
    select * from {{ ref('int_opportunity') }}
),

customers as (
    select * from {{ ref('int_customer_record') }}
),

rates as (
    select * from {{ ref('int_fx_rate') }}
),

-- Where a company has orders, an effective one signs its deal.
ordered as (
    select orders.opportunity_id, min(orders.signed_on) as signed_on
    from {{ ref('int_order') }} as orders
    cross join {{ source('reference', 'company') }} as company
    where
        orders.is_effective
        and orders.opportunity_id is not null
        and company.signed_amount_source = 'orders'
    group by orders.opportunity_id
),

stays as (
    select
        opportunity_id,
        entered_on as open_from,
        coalesce(exited_on, cast('9999-12-31' as date)) as open_before
    from visits
),

standing as (
    select
        stays.opportunity_id,
        opportunities.account_id,
        versions.amount,
        versions.currency,
        greatest(stays.open_from, versions.valid_from) as valid_from,
        least(
            stays.open_before,
            versions.valid_before,
            coalesce(ordered.signed_on, cast('9999-12-31' as date))
        ) as valid_before
    from stays
    inner join opportunities on stays.opportunity_id = opportunities.opportunity_id
    inner join versions
        on
            stays.opportunity_id = versions.opportunity_id
            and stays.open_from < versions.valid_before
            and stays.open_before > versions.valid_from
    left join ordered on stays.opportunity_id = ordered.opportunity_id
),

final as (
    select
        standing.opportunity_id,
        coalesce(customers.customer_id, 'unknown') as customer_id,
        {{ converted('standing.amount', 'rates.fx_rate') }} as amount,
        standing.valid_from,
        standing.valid_before
    from standing
    left join customers on standing.account_id = customers.account_id
    left join rates
        on
            standing.currency = rates.currency
            and {{ is_valid_on('rates', as_of()) }}
    where standing.valid_from < standing.valid_before
)

select * from final
