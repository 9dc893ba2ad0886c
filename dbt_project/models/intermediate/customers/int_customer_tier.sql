-- Grain: one row per customer: its tier and the rule that gave it
with

customers as (
    select * from {{ ref('int_customer') }}
),

bookings as (
    select * from {{ ref('fct_booking') }}
),

opportunities as (
    select * from {{ ref('fct_opportunity') }}
),

tiers as (
    select * from {{ source('rules', 'tiers') }}
),

-- Six months = D minus six calendar months, exclusive.
signed as (
    select customer_id, sum(amount) as six_month_amount
    from bookings
    where booked_on > {{ months_before(as_of(), 6) }} and booked_on <= {{ as_of() }}
    group by customer_id
),

expected as (
    select customer_id, sum(amount) as expected_amount
    from opportunities
    where is_open
    group by customer_id
),

measured as (
    select
        customers.customer_id,
        customers.is_strategic,
        coalesce(signed.six_month_amount, 0) as six_month_amount,
        coalesce(expected.expected_amount, 0) as expected_amount
    from customers
    left join signed on customers.customer_id = signed.customer_id
    left join expected on customers.customer_id = expected.customer_id
),

judged as (
    select
        measured.*,
        tiers.tier,
        tiers.criterion as tier_reason,
        tiers.rule_order
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
    select customer_id, tier, tier_reason, six_month_amount, expected_amount
    from judged
    qualify row_number() over (partition by customer_id order by rule_order) = 1
)

select * from final
