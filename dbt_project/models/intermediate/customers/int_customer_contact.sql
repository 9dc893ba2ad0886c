-- Grain: one row per customer that was ever contacted
-- Contacts on its leads and deals are its own, a colleague's count. Which kinds count is judged by
-- the tier of the day of the contact; where a person set the tier, whose sheet names no first day,
-- by that tier throughout.
with

activities as (
    select * from {{ ref('fct_activity') }}
    where customer_id is not null and customer_id <> 'unknown' and occurred_on <= {{ as_of() }}
),

decided as (
    select tiers.customer_id, cadence.qualifying_kinds
    from {{ ref('int_customer_tier') }} as tiers
    inner join {{ source('rules', 'cadence') }} as cadence on tiers.tier = cadence.tier
    where tiers.tier_reason = 'override'
),

months as (
    select month_start_on
    from {{ source('reference', 'calendar_day') }}
    where date_day = {{ as_of() }}
),

judged as (
    select
        activities.*,
        case
            when decided.customer_id is null then activities.is_qualifying
            else
                {{ list_contains('decided.qualifying_kinds', 'activities.kind') }}
                and not activities.is_stop_phrase
        end as is_counted,
        activities.kind = 'needs_report'
        and activities.occurred_on >= months.month_start_on as is_report_of_month
    from activities
    cross join months
    left join decided on activities.customer_id = decided.customer_id
),

final as (
    select
        customer_id,
        {{ last_contact('is_counted') }},
        sum(case when is_report_of_month then 1 else 0 end) as month_report_count
    from judged
    group by customer_id
)

select * from final
