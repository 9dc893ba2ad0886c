-- Grain: one row per customer: its tier at D and the rule that gave it
-- A person's decision goes before the rules, through the day that it expires on.
with

-- Whoever decided may name any record of the customer.
records as (
    select * from {{ ref('int_customer_record') }}
),

spans as (
    select * from {{ ref('int_customer_tier_span') }}
    where valid_before > {{ as_of() }}
),

bookings as (
    select customer_id, booked_on, reporting_after - reporting_before as amount
    from {{ ref('int_booking_entry') }}
),

expected_spans as (
    select * from {{ ref('int_expected_span') }}
),

overrides as (
    select * from {{ source('rules', 'tier_overrides') }}
),

signed as (
    select customer_id, sum(amount) as six_month_amount
    from bookings
    where booked_on > {{ months_before(as_of(), 6) }} and booked_on <= {{ as_of() }}
    group by customer_id
),

expected as (
    select customer_id, sum(amount) as expected_amount
    from expected_spans
    where valid_from <= {{ as_of() }} and valid_before > {{ as_of() }}
    group by customer_id
),

decided as (
    select records.customer_id, overrides.override_tier, overrides.approved_by, overrides.expires_on
    from records
    inner join overrides
        on
            lower(trim(overrides.account)) in (
                lower(records.account_id), lower(trim(records.account_name))
            )
    where overrides.expires_on >= {{ as_of() }}
    qualify
        row_number()
            over (
                partition by records.customer_id
                order by overrides.expires_on desc, overrides.account asc
            )
        = 1
),

final as (
    select
        spans.customer_id,
        coalesce(decided.override_tier, spans.tier) as tier,
        case when decided.customer_id is not null then 'override' else spans.tier_reason end
            as tier_reason,
        spans.tier as rule_tier,
        decided.approved_by,
        decided.expires_on,
        coalesce(signed.six_month_amount, 0) as six_month_amount,
        coalesce(expected.expected_amount, 0) as expected_amount,
        spans.rules_version
    from spans
    left join signed on spans.customer_id = signed.customer_id
    left join expected on spans.customer_id = expected.customer_id
    left join decided on spans.customer_id = decided.customer_id
)

select * from final
