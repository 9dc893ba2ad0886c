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

scoped as (
    select
        objects.metric,
        scopes.scope_type,
        scopes.scope_id,
        objects.object_id,
        objects.record_key,
        objects.event_on,
        sum(objects.value) as value
    from {{ ref('int_formula_object') }} as objects
    inner join formulas on objects.metric = formulas.metric
    inner join {{ ref('int_leaf_scope') }} as scopes on objects.leaf_id = scopes.leaf_id
    group by all
),

days as (
    select * from {{ source('reference', 'calendar_day') }}
),

periods as (
    select
        *,
        -- Periods of a company's own may share days: each has its own count.
        case when period_type = 'custom' then period_start end as custom_start,
        case when period_type = 'custom' then period_end end as custom_end
    from {{ ref('int_target_period') }}
),

-- Without trailing months: each period begins anew.
placed as (
    select
        scoped.*,
        periods.period_type,
        periods.period_start,
        periods.period_end,
        periods.custom_start,
        periods.custom_end
    from scoped
    inner join formulas on scoped.metric = formulas.metric and formulas.window_months is null
    inner join periods
        on
            scoped.event_on >= periods.period_start and scoped.event_on <= periods.period_end
            and {{ list_contains('formulas.periods', 'periods.period_type') }}
),

in_period as (
    select
        metric, period_type, custom_start, custom_end, scope_type, scope_id, event_on, value,
        sum(value) over (
            partition by
                metric, period_type, period_start, period_end, scope_type, scope_id, object_id
            order by event_on asc, value desc, record_key asc rows unbounded preceding
        ) as total
    from placed
),

period_turns as (
    select
        metric, period_type, custom_start, custom_end, scope_type, scope_id, event_on,
        case
            when total > 0 and total - value <= 0 then 1 when
                total <= 0 and total - value > 0
                then -1
        end as turn
    from in_period
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
            partition by
                scoped.metric,
                scoped.scope_type,
                scoped.scope_id,
                scoped.object_id,
                scoped.record_key
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
        scope_type,
        scope_id,
        object_id,
        record_key,
        event_on,
        turn,
        window_months,
        aggregate,
        reach_at_least,
        lead(event_on) over (
            partition by metric, scope_type, scope_id, object_id, record_key
            order by event_on asc, turn desc
        ) as undone_on
    from key_turns
    where turn is not null
),

changes as (
    select metric, scope_type, scope_id, object_id, aggregate, reach_at_least, event_on, 1 as step
    from openings
    where turn = 1
    union all
    select
        openings.metric,
        openings.scope_type,
        openings.scope_id,
        openings.object_id,
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
        metric, scope_type, scope_id, object_id, aggregate, reach_at_least, event_on, value as step
    from key_turns
    where record_key is null
    union all
    select
        key_turns.metric,
        key_turns.scope_type,
        key_turns.scope_id,
        key_turns.object_id,
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
            partition by metric, scope_type, scope_id, object_id
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
        scope_type, scope_id, event_on,
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
        metric, period_type, custom_start, custom_end, scope_type, scope_id, event_on,
        cast(sum(turn) as decimal(28, 6)) as value
    from turns
    where turn is not null
    group by all
)

select * from final
where value <> 0
