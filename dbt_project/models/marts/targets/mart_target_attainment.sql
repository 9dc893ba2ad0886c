-- Grain: one row per metric × level × scenario × period × scope
with

attainment as (
    select * from {{ ref('int_attainment') }}
),

attained as (
    select * from {{ ref('int_target_attained') }}
),

streaks as (
    select * from {{ ref('int_week_streak') }}
),

given_lines as (
    select * from {{ ref('int_target_line') }}
),

scenarios as (
    select scenario from {{ source('rules', 'scenarios') }}
),

-- Who answers for a target of the plan answers for it in every scenario that has none of its own.
every_line as (
    select given_lines.*, scenario as for_scenario from given_lines
    union all
    select given_lines.*, scenarios.scenario as for_scenario
    from given_lines
    cross join scenarios
    where given_lines.scenario = 'base' and given_lines.level = 'base'
),

lines as (
    select * from every_line
    qualify row_number() over (
        partition by metric, level, for_scenario, scope_type, scope_id, start_on, end_on
        order by case when scenario = for_scenario then 0 else 1 end asc, recorded_on desc, line asc
    ) = 1
),

-- A month of a quarter that somebody answers for is his too: the nearest longer period that names
-- anybody.
answering as (
    select
        given_lines.metric, given_lines.scope_type, given_lines.scope_id,
        periods.period_type, periods.period_start, periods.period_end, given_lines.responsible_id
    from given_lines
    inner join {{ ref('int_target_period') }} as periods
        on given_lines.start_on <= periods.period_start and given_lines.end_on >= periods.period_end
    where
        given_lines.responsible_id is not null
        and given_lines.level = 'base'
        and given_lines.scenario = 'base'
    qualify row_number() over (
        partition by
            given_lines.metric, given_lines.scope_type, given_lines.scope_id,
            periods.period_type, periods.period_start, periods.period_end
        order by
            {{ days_between('given_lines.start_on', 'given_lines.end_on') }} asc,
            given_lines.recorded_on desc,
            given_lines.line asc
    ) = 1
),

reserves as (
    select * from {{ ref('int_target_reserve') }}
),

market as (
    select * from {{ ref('int_market_move') }}
),

versions as (
    select metric, level, scenario, {{ version_label('target_version') }} as target_version
    from {{ source('cascade', 'target_version') }} as target_version
    where is_in_force
),

scope_names as (
    select scope_type, scope_id, scope_name from {{ ref('int_scope') }}
),

days as (
    select * from {{ source('reference', 'calendar_day') }}
),

company as (
    select * from {{ source('reference', 'company') }}
),

thresholds as (
    select * from {{ source('rules', 'status') }}
),

scenario_settings as (
    select * from {{ source('rules', 'scenarios_settings') }}
),

-- What the scenario in force speaks of; empty while that is the plan itself.
in_force as (
    select
        attainment.metric, attainment.period_type, attainment.period_start, attainment.period_end,
        attainment.scope_type, attainment.scope_id
    from attainment
    inner join scenario_settings on attainment.scenario = scenario_settings.scenario_in_force
    where attainment.level = 'base' and attainment.scenario <> 'base'
),

-- A month's streak is that of its last judged week, up to D.
month_streaks as (
    select
        attainment.metric,
        attainment.level,
        attainment.scenario,
        attainment.scope_type,
        attainment.scope_id,
        attainment.period_start,
        max_by(streaks.weeks_behind_streak, streaks.week_start_on) as weeks_behind_streak
    from attainment
    inner join streaks
        on
            attainment.metric = streaks.metric and attainment.level = streaks.level
            and attainment.scenario = streaks.scenario
            and attainment.scope_type = streaks.scope_type
            and attainment.scope_id = streaks.scope_id
            and attainment.period_end >= streaks.judged_on
    where attainment.period_type = 'month' and attainment.is_started
    group by all
),

-- Only who has a rate is ranked: the others stay out of the sort.
ranked as (
    select
        attainment.*,
        rank() over (
            partition by metric, level, scenario, period_type, period_start, period_end, scope_type
            order by attainment_rate desc
        ) as peer_rank
    from attainment
    where attainment_rate is not null and scope_id not in ('unknown', 'unallocated')
    union all
    select attainment.*, cast(null as bigint) as peer_rank
    from attainment
    where attainment_rate is null or scope_id in ('unknown', 'unallocated')
),

lit as (
    select
        ranked.*,
        {{ status_light('ranked', 'thresholds') }} as status
    from ranked
    cross join thresholds
),

final as (
    select
        lit.metric,
        lit.level,
        lit.scenario,
        lit.period_type,
        lit.period_start,
        lit.period_end,
        lit.period_label,
        lit.scope_type,
        lit.scope_id,
        coalesce(scope_names.scope_name, lit.scope_id) as scope_name,
        {{ money('lit.target') }} as target,
        {{ money('lit.known_actual') }} as actual,
        lit.attainment_rate,
        case
            when lit.target is null then 'no_target'
            when lit.target = 0 then 'zero_target'
            when lit.attainment_rate is null then 'no_actual'
        end as attainment_rate_reason,
        {{ money('lit.target_to_date') }} as target_to_date,
        lit.pace_rate,
        1 - lit.pace_rate as lag_rate,
        lit.pace_rate - 1 as deviation_rate,
        case
            when lit.target is null then 'no_target'
            when lit.target = 0 then 'zero_target'
            when not lit.is_started or lit.target_to_date = 0 then 'not_started'
            when lit.pace_rate is null then 'no_actual'
        end as pace_rate_reason,
        -- Of the figures beside it: who subtracts by hand finds the same cent.
        cast(
            case when lit.is_lower_better then -1 else 1 end
            * ({{ money('lit.target') }} - {{ money('lit.known_actual') }}) as decimal(18, 2)
        ) as gap,
        cast(
            case when lit.is_lower_better then -1 else 1 end
            * (
                {{ money('lit.target_to_date') }} - {{ money('lit.known_actual') }}
            ) as decimal(18, 2)
        ) as gap_to_date,
        {{ money('lit.prior_actual') }} as prior_actual,
        {{ money('lit.prior_year_actual') }} as prior_year_actual,
        {{ ratio('lit.known_actual - lit.prior_actual', 'abs(lit.prior_actual)') }} as mom_rate,
        {{ ratio('lit.known_actual - lit.prior_year_actual', 'abs(lit.prior_year_actual)') }}
            as yoy_rate,
        case
            when not lit.is_started then 'not_started'
            when lit.prior_actual is null or lit.prior_actual = 0 then 'no_base'
        end as mom_rate_reason,
        case
            when not lit.is_started then 'not_started'
            when lit.prior_year_actual is null or lit.prior_year_actual = 0 then 'no_base'
        end as yoy_rate_reason,
        lit.workdays_elapsed,
        lit.period_workdays - lit.workdays_elapsed as workdays_remaining,
        case
            when lit.is_spread and not lit.is_ratio and not lit.is_lower_better
                then {{ money(ratio('lit.known_actual', 'lit.workdays_elapsed')) }}
        end as run_rate,
        case
            when
                lit.is_spread
                and not lit.is_ratio
                and not lit.is_lower_better
                and lit.target is not null
                then
                    {{ money(
                        ratio(
                            'greatest(lit.target - lit.known_actual, 0)',
                            'lit.period_workdays - lit.workdays_elapsed'
                        )
                    ) }}
        end as required_run_rate,
        case
            when not lit.is_spread or lit.is_ratio or lit.is_lower_better then 'not_spread'
            when lit.workdays_elapsed = 0 then 'not_started'
        end as run_rate_reason,
        case
            when not lit.is_spread or lit.is_ratio or lit.is_lower_better then 'not_spread'
            when lit.target is null then 'no_target'
            when lit.period_workdays = lit.workdays_elapsed then 'no_workdays_left'
        end as required_run_rate_reason,
        lit.status,
        coalesce(lit.is_small_count, false) as is_small_count,
        case
            when lit.period_type = 'month' and lit.is_started
                then cast(coalesce(month_streaks.weeks_behind_streak, 0) as bigint)
        end as weeks_behind_streak,
        coalesce(
            lit.period_type = 'month' and lit.is_closed
            and round(abs(lit.pace_rate - 1), 12) > thresholds.review_deviation_rate,
            false
        ) as needs_review,
        market.market_move_rate is not null as needs_calibration,
        market.market_move_rate,
        lit.peer_rank,
        attained.base_line_on,
        attained.attained_on,
        ends.workday_index - attainments.workday_index as workdays_early,
        cast(coalesce(lines.reserve_rate, reserves.reserve_rate) as double) as reserve_rate,
        {{ money('lit.target * (1 - coalesce(lines.reserve_rate, reserves.reserve_rate))') }}
            as floor_target,
        coalesce(lines.responsible_id, answering.responsible_id) as responsible_id,
        lines.value is not null as is_given,
        lit.level = 'base' and (
            lit.scenario = scenario_settings.scenario_in_force
            or (lit.scenario = 'base' and in_force.metric is null)
        ) as is_in_force,
        {{ money('lit.actual_numerator') }} as actual_numerator,
        {{ money('lit.actual_denominator') }} as actual_denominator,
        case when lit.is_ratio then cast(lit.target as double) end as target_ratio,
        case when lit.is_ratio then cast(lit.known_actual as double) end as actual_ratio,
        case when lit.target is not null then versions.target_version end as target_version,
        case when lit.metric = 'signed_amount' then company.signed_amount_source end
            as actual_source,
        {{ rules_version() }} as rules_version
    from lit
    cross join company
    cross join thresholds
    cross join scenario_settings
    left join in_force
        on
            lit.metric = in_force.metric
            and lit.period_type = in_force.period_type and lit.period_start = in_force.period_start
            and lit.period_end = in_force.period_end
            and lit.scope_type = in_force.scope_type and lit.scope_id = in_force.scope_id
    left join
        scope_names
        on lit.scope_type = scope_names.scope_type and lit.scope_id = scope_names.scope_id
    left join versions
        on
            lit.metric = versions.metric
            and lit.level = versions.level
            and lit.scenario = versions.scenario
    left join month_streaks
        on
            lit.period_type = 'month'
            and lit.metric = month_streaks.metric and lit.level = month_streaks.level
            and lit.scenario = month_streaks.scenario and lit.scope_type = month_streaks.scope_type
            and lit.scope_id = month_streaks.scope_id
            and lit.period_start = month_streaks.period_start
    left join attained
        on
            lit.metric = attained.metric
            and lit.level = attained.level
            and lit.scenario = attained.scenario
            and lit.scope_type = attained.scope_type and lit.scope_id = attained.scope_id
            and lit.period_type = attained.period_type and lit.period_start = attained.period_start
            and lit.period_end = attained.period_end
    left join days as ends on lit.period_end = ends.date_day
    left join days as attainments on attained.attained_on = attainments.date_day
    left join lines
        on
            lit.metric = lines.metric
            and lit.level = lines.level
            and lit.scenario = lines.for_scenario
            and lit.scope_type = lines.scope_type and lit.scope_id = lines.scope_id
            and lit.period_start = lines.start_on and lit.period_end = lines.end_on
    left join answering
        on
            lit.metric = answering.metric
            and lit.scope_type = answering.scope_type and lit.scope_id = answering.scope_id
            and lit.period_type = answering.period_type
            and lit.period_start = answering.period_start
            and lit.period_end = answering.period_end
    left join reserves
        on
            lit.metric = reserves.metric and lit.scope_id = reserves.scope_id
            and lit.scope_type = reserves.scope_type and lit.period_start = reserves.period_start
            and lit.period_type = reserves.period_type
    left join market
        on
            lit.scope_type = market.scope_type and lit.scope_id = market.scope_id
            and lit.period_type = market.period_type and lit.period_start = market.period_start
            and lit.period_end = market.period_end
)

select * from final
