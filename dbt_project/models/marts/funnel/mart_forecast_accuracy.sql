-- Grain: one row per kind of period × horizon × scope × decile of the call
-- Weekly calls on periods that have ended, scored against what came. scope_id (all) pools the
-- scopes of a kind (without the unassigned); decile (all) is every call; single deciles stand for
-- calls 30 days ahead.
with

calls as (
    select *
    from {{ ref('mart_attainment_forecast') }}
    where final_amount is not null and days_ahead > 0
),

horizons as (
    select
        calls.*,
        case
            when days_ahead <= 7 then '1-7'
            when days_ahead <= 14 then '8-14'
            when days_ahead <= 30 then '15-30'
            when days_ahead <= 60 then '31-60'
            when days_ahead <= 90 then '61-90'
            else '91+'
        end as horizon
    from calls
    union all
    -- Of weekly calls exactly one lies between 27 and 33 days before the end.
    select calls.*, '30' as horizon
    from calls
    where days_ahead >= 27 and days_ahead <= 33
),

scoped as (
    select
        period_type, period_start, horizon, scope_type, scope_id,
        p10, p50, p90, expected_amount, final_amount, attainment_probability, is_attained
    from horizons
    union all
    select
        period_type, period_start, horizon, scope_type, '(all)' as scope_id,
        p10, p50, p90, expected_amount, final_amount, attainment_probability, is_attained
    from horizons
    where scope_id not in ('unallocated', 'unknown')
),

in_deciles as (
    select
        scoped.*,
        '(all)' as decile
    from scoped
    union all
    select
        scoped.*,
        cast(
            cast(least(floor(attainment_probability * 10), 9) as integer) as {{ dbt.type_string() }}
        )
            as decile
    from scoped
    where horizon = '30' and attainment_probability is not null
),

scored as (
    select
        period_type,
        horizon,
        scope_type,
        scope_id,
        decile,
        count(distinct period_start) as period_count,
        count(*) as call_count,
        sum(case when final_amount >= p10 and final_amount <= p90 then 1 else 0 end)
            as inside_count,
        sum(p50) as forecast_amount,
        sum(expected_amount) as expected_amount,
        sum(final_amount) as final_amount,
        sum(abs(p50 - final_amount)) as missed_amount,
        sum(abs(final_amount)) as size_amount,
        count(attainment_probability) as judged_count,
        sum(case when attainment_probability is not null and is_attained then 1 else 0 end)
            as attained_count,
        sum({{ exact('attainment_probability') }}) as called_sum,
        sum(
            {{ exact(
            'case when is_attained'
            ~ ' then (1 - attainment_probability) * (1 - attainment_probability)'
            ~ ' else attainment_probability * attainment_probability end') }}
        ) as squared_sum
    from in_deciles
    group by period_type, horizon, scope_type, scope_id, decile
),

final as (
    select
        period_type,
        horizon,
        scope_type,
        scope_id,
        decile,
        cast(period_count as bigint) as period_count,
        cast(call_count as bigint) as call_count,
        cast(judged_count as bigint) as judged_count,
        cast(attained_count as bigint) as attained_count,
        {{ rate(ratio('called_sum', 'judged_count')) }} as called_rate,
        {{ rate(ratio('attained_count', 'judged_count')) }} as attained_rate,
        {{ rate(ratio('squared_sum', 'judged_count')) }} as brier_score,
        case when judged_count = 0 then 'no_target' end as brier_score_reason,
        cast(inside_count as bigint) as inside_count,
        {{ rate(ratio('inside_count', 'call_count')) }} as inside_rate,
        {{ money('forecast_amount') }} as forecast_amount,
        {{ money('expected_amount') }} as expected_amount,
        {{ money('final_amount') }} as final_amount,
        {{ money('missed_amount') }} as missed_amount,
        {{ rate(ratio('missed_amount', 'size_amount')) }} as wape_rate,
        {{ rate(ratio('expected_amount - final_amount', 'final_amount')) }} as bias_rate,
        case when size_amount = 0 then 'nothing_booked' end as wape_rate_reason
    from scored
)

select * from final
