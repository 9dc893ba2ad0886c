-- Grain: one row per metric, level, scenario, scope and started period whose line is reached at D
-- The day is the last on which the running actual came up to the line: a reversal retracts it.
with

targets as (
    select * from {{ ref('int_target_scope_period') }}
    where is_spread and target > 0
),

scope_days as (
    select * from {{ ref('int_actual_scope_day') }}
),

compare_days as (
    select * from {{ ref('int_compare_day') }}
    where basis = 'current'
),

-- Only lines are run up to: a scope and period without a target has none.
aimed as (
    select metric, scope_type, scope_id, period_type, period_start, period_end
    from targets
    group by metric, scope_type, scope_id, period_type, period_start, period_end
),

running as (
    select
        scope_days.metric,
        scope_days.scope_type,
        scope_days.scope_id,
        compare_days.period_type,
        compare_days.period_start,
        compare_days.period_end,
        scope_days.event_on,
        sum(scope_days.value) over (
            partition by
                scope_days.metric, scope_days.scope_type, scope_days.scope_id,
                compare_days.period_type, compare_days.period_start, compare_days.period_end
            order by scope_days.event_on
        ) as so_far,
        lead(scope_days.event_on) over (
            partition by
                scope_days.metric, scope_days.scope_type, scope_days.scope_id,
                compare_days.period_type, compare_days.period_start, compare_days.period_end
            order by scope_days.event_on
        ) as next_on
    from scope_days
    inner join compare_days on scope_days.event_on = compare_days.date_day
    inner join aimed
        on
            scope_days.metric = aimed.metric and scope_days.scope_type = aimed.scope_type
            and scope_days.scope_id = aimed.scope_id
            and compare_days.period_type = aimed.period_type
            and compare_days.period_start = aimed.period_start
            and compare_days.period_end = aimed.period_end
),

lines as (
    select
        targets.metric, targets.level, targets.scenario, targets.scope_type, targets.scope_id,
        targets.period_type, targets.period_start, targets.period_end,
        -- Short on a day: whatever was reached before it is retracted.
        max(case when running.so_far < targets.target then running.event_on end) as short_on,
        max(case when running.so_far < 0.8 * targets.target then running.event_on end)
            as short_of_base_on,
        max(running.event_on) as last_on,
        targets.target
    from targets
    inner join running
        on
            targets.metric = running.metric and targets.scope_type = running.scope_type
            and targets.scope_id = running.scope_id and targets.period_type = running.period_type
            and targets.period_start = running.period_start
            and targets.period_end = running.period_end
    group by all
),

final as (
    select
        lines.metric, lines.level, lines.scenario, lines.scope_type, lines.scope_id,
        lines.period_type, lines.period_start, lines.period_end,
        min(
            case
                when
                    lines.short_on is null or running.event_on > lines.short_on
                    then running.event_on
            end
        )
            as attained_on,
        min(
            case
                when lines.short_of_base_on is null or running.event_on > lines.short_of_base_on
                    then running.event_on
            end
        ) as base_line_on
    from lines
    inner join running
        on
            lines.metric = running.metric and lines.scope_type = running.scope_type
            and lines.scope_id = running.scope_id and lines.period_type = running.period_type
            and lines.period_start = running.period_start and lines.period_end = running.period_end
    group by all
)

select * from final
