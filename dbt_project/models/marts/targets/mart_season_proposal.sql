-- Grain: one row per metric × quarter or month of the year: the season weights that history
-- proposes
-- Over the last complete fiscal years that the workbook asks for; a proposal, never a rule by
-- itself.
with

metric_days as (
    select metric, event_on, sum(value) as value
    from {{ ref('int_metric_day') }}
    where event_on <= {{ as_of() }}
    group by metric, event_on
),

metrics as (
    select * from {{ source('rules', 'metrics') }}
    where is_enabled and aggregate <> 'ratio' and direction = 'higher' and window_months is null
),

days as (
    select * from {{ source('reference', 'calendar_day') }}
),

season as (
    select * from {{ source('rules', 'season') }}
),

settings as (
    select * from {{ source('rules', 'season_settings') }}
),

placed as (
    select
        metric_days.metric,
        metric_days.value,
        days.year_start_on,
        days.year_end_on,
        days.year_label,
        days.quarter_start_on,
        cast(substr(days.quarter_label, length(days.quarter_label), 1) as bigint) as quarter_no,
        cast(extract(month from days.date_day) as bigint) as month_no
    from metric_days
    inner join metrics on metric_days.metric = metrics.metric
    inner join days on metric_days.event_on = days.date_day
),

-- A first year that began before the records did would speak for the wrong season.
firsts as (
    select
        metric,
        min(case when quarter_start_on = year_start_on then year_start_on end)
            as first_whole_year_on
    from placed
    group by metric
),

years as (
    select ranked.metric, ranked.year_start_on
    from (
        select
            placed.metric,
            placed.year_start_on,
            dense_rank()
                over (partition by placed.metric order by placed.year_start_on desc)
                as year_no
        from placed
        inner join firsts on placed.metric = firsts.metric
        where
            placed.year_end_on <= {{ as_of() }}
            and placed.year_start_on >= firsts.first_whole_year_on
    ) as ranked
    cross join settings
    where ranked.year_no <= settings.proposal_years
    group by ranked.metric, ranked.year_start_on
),

whole as (
    select placed.*
    from placed
    inner join years on placed.metric = years.metric and placed.year_start_on = years.year_start_on
),

spans as (
    select
        metric,
        count(distinct year_start_on) as years_used,
        min(year_label) as first_year,
        max(year_label) as last_year
    from whole
    group by metric
),

positions as (
    select
        'quarter' as position_kind,
        cast(substr(quarter_label, length(quarter_label), 1) as bigint) as position
    from days
    group by all
    union all
    select 'month' as position_kind, cast(extract(month from date_day) as bigint) as position
    from days
    group by all
),

by_position as (
    select metric, 'quarter' as position_kind, quarter_no as position, sum(value) as value
    from whole
    group by metric, quarter_no
    union all
    select metric, 'month' as position_kind, month_no as position, sum(value) as value
    from whole
    group by metric, month_no
),

laid_out as (
    select
        spans.*,
        positions.position_kind,
        positions.position,
        coalesce(by_position.value, 0) as history_amount,
        greatest(coalesce(by_position.value, 0), 0) as weight
    from spans
    cross join positions
    left join by_position
        on
            spans.metric = by_position.metric
            and positions.position_kind = by_position.position_kind
            and positions.position = by_position.position
),

-- Rounded running shares, so that every set sums to 1 exactly.
running as (
    select
        laid_out.*,
        sum(weight) over (partition by metric, position_kind) as total,
        cast(
            round(
                {{ ratio(
                    'sum(weight) over (partition by metric, position_kind order by position)',
                    'sum(weight) over (partition by metric, position_kind)'
                ) }}, 4
            ) as decimal(9, 6)
        ) as so_far
    from laid_out
),

proposed as (
    select
        running.*,
        so_far
        - coalesce(lag(so_far) over (partition by metric, position_kind order by position), 0)
            as proposed_weight_rate
    from running
    where total > 0
),

in_force as (
    select season.*
    from season
    cross join settings
    where
        (season.kind = 'quarter' and settings.quarter_basis = 'weights')
        or (season.kind = 'month' and settings.month_basis = 'weights')
),

final as (
    select
        proposed.metric,
        proposed.position_kind,
        proposed.position,
        proposed.years_used,
        proposed.first_year,
        proposed.last_year,
        {{ money('proposed.history_amount') }} as history_amount,
        cast(proposed.proposed_weight_rate as decimal(9, 6)) as proposed_weight_rate,
        cast(coalesce(own.weight_rate, common.weight_rate) as decimal(9, 6)) as weight_rate,
        cast(
            proposed.proposed_weight_rate - coalesce(own.weight_rate, common.weight_rate) as double
        )
            as difference_rate
    from proposed
    left join in_force as own
        on
            proposed.metric = own.metric and proposed.position_kind = own.kind
            and proposed.position = own.position
    left join in_force as common
        on
            common.metric is null and proposed.position_kind = common.kind
            and proposed.position = common.position
)

select * from final
