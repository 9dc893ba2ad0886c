-- Grain: one row per metric, scope and started period with an actual in it or in what it is
-- compared with
-- A ratio's parts are summed before dividing, so that a team's rate is a ratio of sums.
with

scope_days as (
    select * from {{ ref('int_actual_scope_day') }}
),

-- One number stands for a period on one of its bases: many days are added up by it.
compare_bases as (
    select
        basis, period_type, period_start, period_end, max(date_day) as last_on,
        row_number() over (order by basis, period_type, period_start, period_end) as basis_no
    from {{ ref('int_compare_day') }}
    group by basis, period_type, period_start, period_end
),

compare_days as (
    select
        compared.date_day, bases.basis_no, bases.period_type, bases.period_start, bases.period_end
    from {{ ref('int_compare_day') }} as compared
    inner join compare_bases as bases
        on
            compared.basis = bases.basis and compared.period_type = bases.period_type
            and compared.period_start = bases.period_start
            and compared.period_end = bases.period_end
),

metrics as (
    select * from {{ source('rules', 'metrics') }}
),

-- Metrics that count different objects: a day's figure belongs to one type of period, or to all
-- days after it.
object_days as (
    select * from {{ ref('int_formula_scope_day') }}
),

scopes as (
    select * from {{ ref('int_scope') }}
),

added as (
    select
        scope_days.metric, scope_days.scope_no, compare_days.basis_no,
        sum(scope_days.value) as value
    from scope_days
    inner join compare_days on scope_days.event_on = compare_days.date_day
    group by scope_days.metric, scope_days.scope_no, compare_days.basis_no
),

dated as (
    select added.metric, scopes.scope_type, scopes.scope_id, added.basis_no, added.value
    from added
    inner join scopes on added.scope_no = scopes.scope_no
    union all
    select
        object_days.metric, object_days.scope_type, object_days.scope_id,
        compare_days.basis_no,
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
read_off as (
    select
        standing.metric, standing.scope_type, standing.scope_id, compare_bases.basis_no,
        standing.value
    from standing
    inner join metrics on standing.metric = metrics.metric
    inner join compare_bases
        on
            standing.event_on <= compare_bases.last_on
            and (standing.next_on is null or standing.next_on > compare_bases.last_on)
            and {{ list_contains('metrics.periods', 'compare_bases.period_type') }}
    where standing.value <> 0
),

valued as (
    select * from dated
    union all
    select * from read_off
),

summed as (
    select
        valued.metric,
        valued.scope_type,
        valued.scope_id,
        bases.period_type,
        bases.period_start,
        bases.period_end,
        sum(case when bases.basis = 'current' then valued.value end) as actual,
        sum(case when bases.basis = 'prior' then valued.value end) as prior_actual,
        sum(case when bases.basis = 'prior_year' then valued.value end) as prior_year_actual
    from valued
    inner join compare_bases as bases on valued.basis_no = bases.basis_no
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
