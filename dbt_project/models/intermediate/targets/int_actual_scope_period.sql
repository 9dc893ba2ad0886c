-- Grain: one row per metric, scope and started period with an actual in it or in what it is
-- compared with
-- A ratio's parts are summed before dividing, so that a team's rate is a ratio of sums.
with

scope_days as (
    select * from {{ ref('int_actual_scope_day') }}
),

compare_days as (
    select * from {{ ref('int_compare_day') }}
),

metrics as (
    select * from {{ source('rules', 'metrics') }}
),

-- Metrics that count different objects: a day's figure belongs to one type of period, or to all
-- days after it.
object_days as (
    select * from {{ ref('int_formula_scope_day') }}
),

dated as (
    select
        scope_days.metric, scope_days.scope_type, scope_days.scope_id,
        compare_days.period_type,
        compare_days.period_start,
        compare_days.period_end,
        compare_days.basis,
        scope_days.value
    from scope_days
    inner join compare_days on scope_days.event_on = compare_days.date_day
    union all
    select
        object_days.metric, object_days.scope_type, object_days.scope_id,
        compare_days.period_type,
        compare_days.period_start,
        compare_days.period_end,
        compare_days.basis,
        object_days.value
    from object_days
    inner join compare_days
        on
            object_days.event_on = compare_days.date_day
            and object_days.period_type = compare_days.period_type
            and (
                compare_days.period_type <> 'custom'
                or object_days.custom_start = compare_days.period_start
                and object_days.custom_end = compare_days.period_end
            )
),

standing as (
    select
        metric, scope_type, scope_id, event_on,
        sum(value) over (partition by metric, scope_type, scope_id order by event_on) as value,
        lead(event_on) over (partition by metric, scope_type, scope_id order by event_on) as next_on
    from object_days
    where period_type = '(trailing)'
),

-- What trails is read on the last day compared.
last_days as (
    select basis, period_type, period_start, period_end, max(date_day) as last_on
    from compare_days
    group by all
),

read_off as (
    select
        standing.metric, standing.scope_type, standing.scope_id,
        last_days.period_type, last_days.period_start, last_days.period_end, last_days.basis,
        standing.value
    from standing
    inner join metrics on standing.metric = metrics.metric
    inner join last_days
        on
            standing.event_on <= last_days.last_on
            and (standing.next_on is null or standing.next_on > last_days.last_on)
            and {{ list_contains('metrics.periods', 'last_days.period_type') }}
    where standing.value <> 0
),

valued as (
    select * from dated
    union all
    select * from read_off
),

summed as (
    select
        metric,
        scope_type,
        scope_id,
        period_type,
        period_start,
        period_end,
        sum(case when basis = 'current' then value end) as actual,
        sum(case when basis = 'prior' then value end) as prior_actual,
        sum(case when basis = 'prior_year' then value end) as prior_year_actual
    from valued
    group by all
),

ratios as (
    select
        metrics.metric,
        denominators.scope_type,
        denominators.scope_id,
        denominators.period_type,
        denominators.period_start,
        denominators.period_end,
        {{ ratio('coalesce(numerators.actual, 0)', 'denominators.actual') }} as actual,
        {{ ratio('coalesce(numerators.prior_actual, 0)', 'denominators.prior_actual') }}
            as prior_actual,
        {{ ratio('coalesce(numerators.prior_year_actual, 0)', 'denominators.prior_year_actual') }}
            as prior_year_actual,
        coalesce(numerators.actual, 0) as actual_numerator,
        denominators.actual as actual_denominator
    from metrics
    inner join summed as denominators on metrics.denominator_metric = denominators.metric
    left join summed as numerators
        on
            metrics.numerator_metric = numerators.metric
            and denominators.scope_type = numerators.scope_type
            and denominators.scope_id = numerators.scope_id
            and denominators.period_type = numerators.period_type
            and denominators.period_start = numerators.period_start
            and denominators.period_end = numerators.period_end
    where metrics.aggregate = 'ratio' and metrics.is_enabled
),

known as (
    select
        metric, scope_type, scope_id, period_type, period_start, period_end,
        cast(actual as decimal(28, 6)) as actual,
        cast(prior_actual as decimal(28, 6)) as prior_actual,
        cast(prior_year_actual as decimal(28, 6)) as prior_year_actual,
        cast(null as decimal(28, 6)) as actual_numerator,
        cast(null as decimal(28, 6)) as actual_denominator
    from summed
    union all
    select
        metric, scope_type, scope_id, period_type, period_start, period_end,
        cast(actual as decimal(28, 6)) as actual,
        cast(prior_actual as decimal(28, 6)) as prior_actual,
        cast(prior_year_actual as decimal(28, 6)) as prior_year_actual,
        cast(actual_numerator as decimal(28, 6)) as actual_numerator,
        cast(actual_denominator as decimal(28, 6)) as actual_denominator
    from ratios
),

-- The parts of a ratio are known for its periods, and shown for their own.
final as (
    select known.*
    from known
    inner join metrics on known.metric = metrics.metric
    where {{ list_contains('metrics.periods', 'known.period_type') }}
)

select * from final
