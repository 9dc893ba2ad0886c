-- Grain: one row per tier of the cadence sheet and day that a clock may start on
-- Until when a contact of that day holds, in the company's mode: rolling by workdays or days, or
-- once per period.
with

days as (
    select * from {{ source('reference', 'calendar_day') }}
),

cadence as (
    select * from {{ source('rules', 'cadence') }}
),

settings as (
    select * from {{ source('rules', 'cadence_settings') }}
),

periods as (
    {% for kind in ['week', 'fortnight', 'month'] %}
    select
        '{{ kind }}' as per_period,
        {{ kind }}_start_on as period_start,
        max(case when is_workday then date_day end) as last_workday_on,
        sum(case when is_workday then 1 else 0 end) as workdays
    from days
    group by {{ kind }}_start_on
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

-- A period without a workday, as the week of Spring Festival, asks for nothing.
following as (
    select
        per_period,
        period_start,
        min(case when workdays > 0 then period_start end) over (
            partition by per_period
            order by period_start rows between 1 following and unbounded following
        ) as next_start
    from periods
),

working_days as (
    select workday_index, date_day from days where is_workday
),

started as (
    select
        cadence.tier,
        days.date_day,
        days.workday_index,
        cadence.cadence_workdays,
        cadence.cadence_days,
        cadence.per_period,
        settings.mode,
        settings.day_kind,
        case cadence.per_period
            when 'week' then days.week_start_on
            when 'fortnight' then days.fortnight_start_on
            else days.month_start_on
        end as period_start
    from days
    cross join cadence
    cross join settings
    where days.date_day <= {{ as_of() }}
),

final as (
    select
        started.tier,
        started.date_day,
        case
            when started.mode = 'per_period' then periods.last_workday_on
            when
                started.day_kind = 'calendar_days'
                then {{ days_after('started.date_day', 'started.cadence_days') }}
            else working_days.date_day
        end as due_on,
        case
            when started.mode = 'per_period' then periods.workdays
            when started.day_kind = 'calendar_days' then started.cadence_days
            else started.cadence_workdays
        end as cadence_length,
        case
            when started.mode = 'per_period' then started.per_period
            when started.day_kind = 'calendar_days' then 'days'
            else 'workdays'
        end as cadence_unit
    from started
    left join
        working_days
        on started.workday_index + started.cadence_workdays = working_days.workday_index
    left join following
        on
            started.per_period = following.per_period
            and started.period_start = following.period_start
    left join periods
        on following.per_period = periods.per_period and following.next_start = periods.period_start
)

select * from final
