-- Grain: one row per scope × started month: is signing rushed to the end, pulled forward, warned of
-- in time
with

bookings as (
    select * from {{ ref('fct_booking') }}
    where entry_kind = 'signed'
),

leaf_scopes as (
    select * from {{ ref('int_leaf_scope') }}
    where scope_type in ('company', 'org', 'region', 'team', 'product_line', 'person')
),

days as (
    select * from {{ source('reference', 'calendar_day') }}
),

expected as (
    select * from {{ source('landed', 'opportunities_version') }}
),

-- What was expected before the first delivery nobody knows: not 0, but empty.
known as (
    select min(valid_from) as known_from_on from expected
),

attainment as (
    select attainment.*
    from {{ ref('mart_target_attainment') }} as attainment
    where attainment.metric = 'signed_amount' and attainment.is_in_force
),

months as (
    select * from attainment
    where
        period_type = 'month' and period_start <= {{ as_of() }}
        and scope_type in ('company', 'org', 'region', 'team', 'product_line', 'person')
),

quarters as (
    select * from attainment where period_type = 'quarter'
),

behind_days as (
    select scope_type, scope_id, month_start_on, date_day from {{ ref('int_behind_day') }}
),

-- The forecast speaks weekly; a month is warned of from its own first day on.
doubted_days as (
    select
        calls.scope_type,
        calls.scope_id,
        calls.period_start as month_start_on,
        calls.forecast_on as date_day
    from {{ source('forecast', 'weekly_call') }} as calls
    inner join {{ source('rules', 'alerts') }} as flags
        on
            flags.flag = 'forecast_probability_low'
            and calls.attainment_probability < flags.threshold_rate
    where calls.period_type = 'month' and calls.forecast_on >= calls.period_start
),

signed as (
    select
        bookings.*,
        {{ leaf_id('bookings') }} as leaf_id,
        days.month_start_on,
        days.workdays_in_month - days.workday_of_month < 5 as is_last_days,
        expected.expected_close_on > days.month_end_on as is_expected_later
    from bookings
    inner join days on bookings.booked_on = days.date_day
    left join expected
        on
            bookings.opportunity_id = expected.opportunity_id
            and days.month_start_on >= expected.valid_from
            and (expected.valid_before is null or days.month_start_on < expected.valid_before)
    where bookings.booked_on <= {{ as_of() }}
    qualify
        row_number()
            over (
                partition by bookings.booking_entry_id, bookings.person_id
                order by expected.valid_from desc
            )
        = 1
),

rhythm as (
    select
        leaf_scopes.scope_type,
        leaf_scopes.scope_id,
        signed.month_start_on,
        count(distinct signed.booking_id) as deal_count,
        sum(signed.amount) as signed_amount,
        sum(case when signed.is_last_days then signed.amount else 0 end) as last_days_amount,
        sum(
            case when signed.is_last_days and signed.is_expected_later then signed.amount else 0 end
        )
            as pulled_forward
    from signed
    inner join leaf_scopes on signed.leaf_id = leaf_scopes.leaf_id
    group by all
),

first_warned as (
    select scope_type, scope_id, month_start_on, min(date_day) as warned_on
    from (
        select * from behind_days
        union all
        select * from doubted_days
    ) as warning_days
    group by all
),

final as (
    select
        months.scope_type,
        months.scope_id,
        months.scope_name,
        months.period_start as month_start_on,
        months.period_label,
        coalesce(rhythm.deal_count, 0) as deal_count,
        {{ money('coalesce(rhythm.signed_amount, 0)') }} as signed_amount,
        {{ money('coalesce(rhythm.last_days_amount, 0)') }} as last_days_amount,
        case
            when rhythm.deal_count >= 5 and months.period_end <= {{ as_of() }}
                then
                    {{ ratio(
                        ratio('rhythm.last_days_amount', 'rhythm.signed_amount'),
                        ratio('5', 'days.workdays_in_month')
                    ) }}
        end as rush_ratio,
        case
            when not months.period_end <= {{ as_of() }} then 'running'
            when coalesce(rhythm.deal_count, 0) < 5 then 'few_deals'
        end as rush_ratio_reason,
        case
            when months.period_start >= known.known_from_on
                then {{ money('coalesce(rhythm.pulled_forward, 0)') }}
        end as pulled_forward,
        months.target,
        months.actual,
        months.period_end <= {{ as_of() }} and months.gap > 0 as is_missed,
        case
            when months.period_end <= {{ as_of() }} and months.gap > 0 then first_warned.warned_on
        end as warned_on,
        case
            when months.period_end <= {{ as_of() }} and months.gap > 0
                then ends.workday_index - warned.workday_index
        end as warning_lead_workdays,
        case
            when months.period_end > {{ as_of() }} and quarters.gap is not null
                then
                    {{ money(
                        'months.actual + '
                        ~ ratio('greatest(quarters.gap, 0)', 'quarters.workdays_remaining')
                        ~ ' * months.workdays_remaining'
                    ) }}
        end as proposed_month_target
    from months
    cross join known
    inner join days on months.period_start = days.date_day
    inner join days as ends on months.period_end = ends.date_day
    left join rhythm
        on
            months.scope_type = rhythm.scope_type and months.scope_id = rhythm.scope_id
            and months.period_start = rhythm.month_start_on
    left join first_warned
        on
            months.scope_type = first_warned.scope_type and months.scope_id = first_warned.scope_id
            and months.period_start = first_warned.month_start_on
    left join days as warned on first_warned.warned_on = warned.date_day
    left join quarters
        on
            months.scope_type = quarters.scope_type and months.scope_id = quarters.scope_id
            and days.quarter_start_on = quarters.period_start
)

select * from final
