-- Grain: one row per period × scope × forecast week
-- Booked + open deals, each with its chance of being won in what is left of the period + business
-- not yet created. Weeks gone by stand as they were called on their Sunday with what was known
-- then; the running week is called at D. Made by the Python step between the layers:
-- docs/methods/forecast.md.
with

calls as (
    select * from {{ source('forecast', 'weekly_call') }}
),

scope_names as (
    select scope_type, scope_id, scope_name from {{ ref('int_scope') }}
),

weeks as (
    select period_start, period_label
    from {{ source('reference', 'period') }}
    where period_type = 'week'
),

flags as (
    select is_on, threshold_rate, days_before_end
    from {{ source('rules', 'alerts') }}
    where flag = 'forecast_probability_low'
),

final as (
    select
        calls.period_type,
        calls.period_start,
        calls.period_end,
        calls.period_label,
        calls.scope_type,
        calls.scope_id,
        coalesce(scope_names.scope_name, calls.scope_id) as scope_name,
        calls.forecast_week_start_on,
        weeks.period_label as forecast_week_label,
        calls.forecast_on,
        calls.is_latest,
        calls.days_ahead,
        calls.workdays_left,
        calls.target,
        calls.booked_amount,
        calls.open_count,
        calls.open_amount,
        calls.expected_open_amount,
        calls.expected_new_amount,
        {{ money('calls.booked_amount + calls.expected_open_amount + calls.expected_new_amount') }}
            as expected_amount,
        calls.p10,
        calls.p50,
        calls.p90,
        {{ rate('calls.attainment_probability') }} as attainment_probability,
        case
            when calls.attainment_probability is not null then null
            when calls.target is null then 'no_target'
            else 'zero_target'
        end as attainment_probability_reason,
        case
            when calls.uncalibrated_count > 0 or calls.new_business_reason = 'insufficient_history'
                then 'insufficient_history'
            when calls.pooled_count > 0 then 'pooled_stages'
            else calls.new_business_reason
        end as forecast_reason,
        calls.uncalibrated_count,
        calls.pooled_count,
        calls.past_period_count,
        {{ rate('calls.multiplier_mean') }} as multiplier_mean,
        {{ rate('calls.multiplier_spread') }} as multiplier_spread,
        {{ rate('calls.realised_rate') }} as realised_rate,
        calls.method,
        calls.seed,
        calls.draws,
        {{ rate('calls.standard_error') }} as standard_error,
        calls.swing_deals,
        calls.final_amount,
        case when calls.target > 0 then calls.final_amount >= calls.target end as is_attained,
        coalesce(
            calls.is_latest and flags.is_on
            and calls.period_start <= calls.forecast_on and calls.days_ahead > 0
            and calls.days_ahead <= flags.days_before_end
            and calls.attainment_probability < flags.threshold_rate,
            false
        ) as is_probability_low
    from calls
    left join flags on true
    left join weeks on calls.forecast_week_start_on = weeks.period_start
    left join
        scope_names
        on calls.scope_type = scope_names.scope_type and calls.scope_id = scope_names.scope_id
)

select * from final
