-- Grain: one row per period that targets are compared in: the calendar's, the company's and those
-- of targets
with

periods as (
    select * from {{ source('reference', 'period') }}
),

custom as (
    select * from {{ source('cascade', 'custom_period') }}
),

days as (
    select * from {{ source('reference', 'calendar_day') }}
),

every_period as (
    select period_type, period_start, period_end, period_label from periods
    union all
    select custom.period_type, custom.period_start, custom.period_end, custom.period_label
    from custom
    left join periods
        on
            periods.period_type = 'custom'
            and custom.period_start = periods.period_start
            and custom.period_end = periods.period_end
    where periods.period_start is null
),

final as (
    select
        every_period.period_type,
        every_period.period_start,
        every_period.period_end,
        every_period.period_label,
        count(case when days.is_workday then 1 end) as period_workdays,
        count(
            case when days.is_workday and days.date_day <= {{ as_of() }} then 1 end
        ) as workdays_elapsed,
        every_period.period_start <= {{ as_of() }} as is_started,
        every_period.period_end <= {{ as_of() }} as is_closed
    from every_period
    inner join
        days
        on every_period.period_start <= days.date_day and every_period.period_end >= days.date_day
    group by all
)

select * from final
