-- Grain: one row per customer and run of days on which it had one tier for one reason
-- The one home of the rule: what was signed in the six months up to a day, what was expected on it, strategic
-- or not; the first rule that matches wins. Days before anything happened have the tier of nothing.
with

customers as (
    select customer_id, bool_or(is_strategic) as is_strategic
    from {{ ref('int_customer') }}
    group by customer_id
),

entries as (
    select customer_id, booked_on, reporting_after - reporting_before as amount
    from {{ ref('int_booking_entry') }}
    where customer_id <> 'unknown'
),

expected as (
    select * from {{ ref('int_expected_span') }}
    where customer_id <> 'unknown' and amount is not null
),

tiers as (
    select * from {{ source('rules', 'tiers') }}
),

-- Six months = the day minus six calendar months, exclusive: an amount leaves on the first day that no longer looks back to it.
changes as (
    select customer_id, booked_on as changed_on, amount as signed_change, 0 as expected_change from entries
    union all
    select
        customer_id, {{ leaves_window_on('booked_on', 6) }} as changed_on, -amount as signed_change, 0 as expected_change
    from entries
    union all
    select customer_id, valid_from as changed_on, 0 as signed_change, amount as expected_change from expected
    union all
    select customer_id, valid_before as changed_on, 0 as signed_change, -amount as expected_change from expected
    union all
    select customer_id, cast('1900-01-01' as date) as changed_on, 0 as signed_change, 0 as expected_change
    from customers
),

daily as (
    select
        customer_id,
        changed_on,
        sum(signed_change) as signed_change,
        sum(expected_change) as expected_change
    from changes
    where changed_on <= {{ as_of() }}
    group by customer_id, changed_on
),

measured as (
    select
        daily.customer_id,
        daily.changed_on,
        customers.is_strategic,
        sum(daily.signed_change) over (partition by daily.customer_id order by daily.changed_on) as six_month_amount,
        sum(daily.expected_change) over (partition by daily.customer_id order by daily.changed_on) as expected_amount
    from daily
    inner join customers on daily.customer_id = customers.customer_id
),

judged as (
    select
        measured.*,
        tiers.tier,
        tiers.criterion as tier_reason,
        tiers.rules_version
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
    qualify row_number() over (
        partition by measured.customer_id, measured.changed_on order by tiers.rule_order
    ) = 1
),

compared as (
    select
        judged.*,
        lag(tier) over (partition by customer_id order by changed_on) as previous_tier,
        lag(tier_reason) over (partition by customer_id order by changed_on) as previous_reason
    from judged
),

final as (
    select
        customer_id,
        tier,
        tier_reason,
        previous_tier,
        changed_on as valid_from,
        coalesce(
            lead(changed_on) over (partition by customer_id order by changed_on), cast('9999-12-31' as date)
        ) as valid_before,
        rules_version
    from compared
    where previous_tier is null or tier <> previous_tier or tier_reason <> previous_reason
)

select * from final
