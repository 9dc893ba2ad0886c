-- Grain: one row per metric, level, scenario, scope and day
-- A target's days are the differences of its rounded running share of workdays: they sum to it exactly.
with

targets as (
    select * from {{ ref('int_target_period') }}
),

days as (
    select * from {{ source('reference', 'calendar_day') }}
),

weighed as (
    select
        targets.*,
        days.date_day,
        sum(case when days.is_workday then 1 else 0 end) over (
            partition by
                targets.metric, targets.level, targets.scenario, targets.scope_type, targets.scope_id,
                targets.period_start, targets.period_end
        ) as period_workdays,
        sum(case when days.is_workday then 1 else 0 end) over (
            partition by
                targets.metric, targets.level, targets.scenario, targets.scope_type, targets.scope_id,
                targets.period_start, targets.period_end
            order by days.date_day
        ) as workdays_so_far,
        row_number() over (
            partition by
                targets.metric, targets.level, targets.scenario, targets.scope_type, targets.scope_id,
                targets.period_start, targets.period_end
            order by days.date_day
        ) as days_so_far
    from targets
    inner join days on days.date_day >= targets.period_start and days.date_day <= targets.period_end
),

shared as (
    select
        weighed.*,
        -- A period without a workday falls back to calendar days.
        case
            when period_workdays > 0 then round(value * workdays_so_far / period_workdays, 4)
            else round(value * days_so_far / ({{ days_between('period_start', 'period_end') }} + 1), 4)
        end as value_so_far
    from weighed
),

final as (
    select
        metric,
        level,
        scenario,
        scope_type,
        scope_id,
        period_start,
        period_end,
        date_day,
        cast(
            value_so_far - coalesce(
                lag(value_so_far) over (
                    partition by metric, level, scenario, scope_type, scope_id, period_start, period_end
                    order by date_day
                ), 0
            ) as decimal(18, 4)
        ) as value
    from shared
)

select * from final
