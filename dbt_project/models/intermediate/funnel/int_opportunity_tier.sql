-- Grain: one row per opportunity: its customer's tier on the day it was created
-- Today's tier would be circular: customers are grade A because they were won.
with

opportunities as (
    select opportunity_id, customer_id, coalesce(created_on, closed_on, {{ as_of() }}) as created_on, fx_rate
    from {{ ref('fct_opportunity') }}
),

customers as (
    select customer_id, is_strategic from {{ ref('int_customer') }}
),

bookings as (
    select customer_id, booked_on, sum(amount) as amount
    from {{ ref('fct_booking') }}
    group by customer_id, booked_on
),

tiers as (
    select * from {{ source('rules', 'tiers') }}
),

-- Six months = the day minus six calendar months, exclusive.
signed as (
    select opportunities.opportunity_id, sum(bookings.amount) as six_month_amount
    from opportunities
    inner join bookings
        on
            opportunities.customer_id = bookings.customer_id
            and bookings.booked_on <= opportunities.created_on
            and bookings.booked_on > {{ months_before('opportunities.created_on', 6) }}
    where opportunities.customer_id <> 'unknown'
    group by opportunities.opportunity_id
),

standing as (
    select
        versions.opportunity_id,
        opportunities.customer_id,
        cast(versions.amount * opportunities.fx_rate as decimal(18, 4)) as amount,
        versions.valid_from,
        least(versions.valid_before, coalesce(closing.closed_on, cast('9999-12-31' as date))) as valid_before
    from {{ ref('int_opportunity_version') }} as versions
    inner join opportunities on versions.opportunity_id = opportunities.opportunity_id
    left join (
        select opportunity_id, min(entered_on) as closed_on
        from {{ ref('fct_stage_visit') }}
        where outcome <> 'open'
        group by opportunity_id
    ) as closing on versions.opportunity_id = closing.opportunity_id
    where opportunities.customer_id <> 'unknown'
),

expected as (
    select opportunities.opportunity_id, sum(standing.amount) as expected_amount
    from opportunities
    inner join standing
        on
            opportunities.customer_id = standing.customer_id
            and opportunities.created_on >= standing.valid_from
            and opportunities.created_on < standing.valid_before
    group by opportunities.opportunity_id
),

measured as (
    select
        opportunities.opportunity_id,
        coalesce(customers.is_strategic, false) as is_strategic,
        coalesce(signed.six_month_amount, 0) as six_month_amount,
        coalesce(expected.expected_amount, 0) as expected_amount
    from opportunities
    left join customers on opportunities.customer_id = customers.customer_id
    left join signed on opportunities.opportunity_id = signed.opportunity_id
    left join expected on opportunities.opportunity_id = expected.opportunity_id
),

judged as (
    select measured.*, tiers.tier, tiers.rule_order
    from measured
    inner join tiers
        on
            (tiers.criterion = 'is_strategic' and measured.is_strategic)
            or (
                tiers.criterion = 'six_month_signed_amount'
                and measured.six_month_amount >= coalesce(tiers.at_least_amount, 0)
                and (tiers.below_amount is null or measured.six_month_amount < tiers.below_amount)
            )
            or (
                tiers.criterion = 'expected_amount'
                and measured.expected_amount >= coalesce(tiers.at_least_amount, 0)
                and (tiers.below_amount is null or measured.expected_amount < tiers.below_amount)
            )
            or tiers.criterion = 'otherwise'
),

final as (
    select opportunity_id, tier, six_month_amount, expected_amount
    from judged
    qualify row_number() over (partition by opportunity_id order by rule_order) = 1
)

select * from final
