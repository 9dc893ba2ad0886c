-- Grain: one row per metric whose days do not add up, period type, custom period, scope and day:
-- what changes on that day
-- Different objects of a period count on their first day in it; with trailing months period_type is
-- (trailing) and the figure at a day is the sum of all changes up to it.
with

formulas as (
    select formulas.*, metrics.periods
    from {{ source('rules', 'metric_formula') }} as formulas
    inner join {{ source('rules', 'metrics') }} as metrics on formulas.metric = metrics.metric
    where formulas.reach_at_least is null or formulas.window_months is not null
),

leaf_scopes as (
    select leaf_id, scope_no from {{ ref('int_leaf_scope') }}
),

scopes as (
    select * from {{ ref('int_scope') }}
),

-- One number stands for an object: millions of rows are grouped and sorted by it.
object_numbers as (
    select metric, object_id, row_number() over (order by metric, object_id) as object_no
    from {{ ref('int_formula_object') }}
    group by metric, object_id
),

objects as (
    select numbers.object_no, events.*
    from {{ ref('int_formula_object') }} as events
    inner join object_numbers as numbers
        on events.metric = numbers.metric and events.object_id = numbers.object_id
),

-- Within a period it matters when an object counts, not by which record.
counted as (
    select
        objects.metric, leaf_scopes.scope_no, objects.object_no, objects.event_on,
        sum(objects.value) as value
    from objects
    inner join formulas on objects.metric = formulas.metric and formulas.window_months is null
    inner join leaf_scopes on objects.leaf_id = leaf_scopes.leaf_id
    group by objects.metric, leaf_scopes.scope_no, objects.object_no, objects.event_on
),

scoped as (
    select
        objects.metric, leaf_scopes.scope_no, objects.object_no, objects.record_key,
        objects.event_on,
        sum(objects.value) as value
    from objects
    inner join formulas on objects.metric = formulas.metric and formulas.window_months is not null
    inner join leaf_scopes on objects.leaf_id = leaf_scopes.leaf_id
    group by
        objects.metric, leaf_scopes.scope_no, objects.object_no, objects.record_key,
        objects.event_on
),

days as (
    select * from {{ source('reference', 'calendar_day') }}
),

periods as (
    select
        *,
        row_number() over (order by period_type, period_start, period_end) as period_no,
        -- Periods of a company's own may share days: each has its own count.
        case when period_type = 'custom' then period_start end as custom_start,
        case when period_type = 'custom' then period_end end as custom_end
    from {{ ref('int_target_period') }}
),

-- Without trailing months: each period begins anew.
placed as (
    select
        counted.scope_no, counted.object_no, counted.event_on, counted.value,
        counted.metric, periods.period_no
    from counted
    inner join formulas on counted.metric = formulas.metric
    inner join periods
        on
            counted.event_on >= periods.period_start and counted.event_on <= periods.period_end
            and {{ list_contains('formulas.periods', 'periods.period_type') }}
),

in_period as (
    select
        metric, period_no, scope_no, event_on, value,
        sum(value) over (
            partition by period_no, scope_no, object_no
            order by event_on rows unbounded preceding
        ) as total
    from placed
),

period_turns as (
    select
        in_period.metric, periods.period_type, periods.custom_start, periods.custom_end,
        in_period.scope_no, in_period.event_on,
        case
            when in_period.total > 0 and in_period.total - in_period.value <= 0 then 1
            when in_period.total <= 0 and in_period.total - in_period.value > 0 then -1
        end as turn
    from in_period
    inner join periods on in_period.period_no = periods.period_no
),

-- With trailing months: a key counts from its day until it is undone, or until the months have
-- passed.
keyed as (
    select
        scoped.*,
        formulas.window_months,
        formulas.aggregate,
        coalesce(formulas.reach_at_least, 1) as reach_at_least,
        sum(scoped.value) over (
            partition by scoped.scope_no, scoped.object_no, scoped.record_key
            order by scoped.event_on asc, scoped.value desc rows unbounded preceding
        ) as key_total
    from scoped
    inner join formulas on scoped.metric = formulas.metric and formulas.window_months is not null
),

key_turns as (
    select
        keyed.*,
        case
            when record_key is null then null
            when key_total >= 1 and key_total - value < 1 then 1
            when key_total < 1 and key_total - value >= 1 then -1
        end as turn
    from keyed
),

windows as (
    select window_months from formulas where window_months is not null group by window_months
),

-- The first day that no longer looks back to an event's day.
passed as (
    select windows.window_months, event_days.date_day as event_on, {{ leaves_window_on(
        'event_days.date_day', 'windows.window_months') }} as passed_on
    from windows
    cross join days as event_days
),

openings as (
    select
        metric,
        scope_no,
        object_no,
        record_key,
        event_on,
        turn,
        window_months,
        aggregate,
        reach_at_least,
        lead(event_on) over (
            partition by scope_no, object_no, record_key
            order by event_on asc, turn desc
        ) as undone_on
    from key_turns
    where turn is not null
),

changes as (
    select metric, scope_no, object_no, aggregate, reach_at_least, event_on, 1 as step
    from openings
    where turn = 1
    union all
    select
        openings.metric,
        openings.scope_no,
        openings.object_no,
        openings.aggregate,
        openings.reach_at_least,
        least(coalesce(openings.undone_on, passed.passed_on), passed.passed_on) as event_on,
        -1 as step
    from openings
    inner join passed
        on openings.window_months = passed.window_months and openings.event_on = passed.event_on
    where openings.turn = 1
    union all
    select
        metric, scope_no, object_no, aggregate, reach_at_least, event_on, value as step
    from key_turns
    where record_key is null
    union all
    select
        key_turns.metric,
        key_turns.scope_no,
        key_turns.object_no,
        key_turns.aggregate,
        key_turns.reach_at_least, passed.passed_on as event_on, -key_turns.value as step
    from key_turns
    inner join passed
        on key_turns.window_months = passed.window_months and key_turns.event_on = passed.event_on
    where key_turns.record_key is null
),

looking_back as (
    select
        changes.*,
        sum(step) over (
            partition by scope_no, object_no
            order by event_on asc, step desc rows unbounded preceding
        ) as total
    from changes
),

trailing_turns as (
    select
        metric,
        '(trailing)' as period_type,
        cast(null as date) as custom_start,
        cast(null as date) as custom_end,
        scope_no, event_on,
        case
            when aggregate <> 'distinct' then step
            when total >= reach_at_least and total - step < reach_at_least then 1
            when total < reach_at_least and total - step >= reach_at_least then -1
        end as turn
    from looking_back
    where event_on <= {{ as_of() }}
),

turns as (
    select * from period_turns
    union all
    select * from trailing_turns
),

final as (
    select
        turns.metric, turns.period_type, turns.custom_start, turns.custom_end,
        scopes.scope_type, scopes.scope_id, turns.event_on,
        cast(sum(turns.turn) as decimal(28, 6)) as value
    from turns
    inner join scopes on turns.scope_no = scopes.scope_no
    where turns.turn is not null
    group by all
)

select * from final
where value <> 0
