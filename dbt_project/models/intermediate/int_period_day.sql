-- Grain: one row per period and day of it
with

periods as (
    select * from {{ source('reference', 'period') }}
),

days as (
    select * from {{ source('reference', 'calendar_day') }}
),

final as (
    select
        periods.period_type,
        periods.period_start,
        periods.period_end,
        periods.period_label,
        days.date_day,
        days.is_workday
    from periods
    inner join days on periods.period_start <= days.date_day and periods.period_end >= days.date_day
)

select * from final
