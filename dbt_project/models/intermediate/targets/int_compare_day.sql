-- Grain: one row per period, basis (current, prior, prior_year) and day that counts for it
-- A running period is compared with the equal workday of an earlier one, a closed one with all of
-- it.
with

periods as (
    select * from {{ ref('int_target_period') }}
),

days as (
    select * from {{ source('reference', 'calendar_day') }}
),

linked as (
    select
        periods.*,
        case
            when period_type <> 'custom'
                then lag(period_start) over (partition by period_type order by period_start)
        end as prior_start,
        case
            when period_type = 'custom' then null
            when period_label like 'FY%'
                then concat(
                    'FY',
                    cast(
                        cast(substr(period_label, 3, 4) as integer) - 1 as {{ dbt.type_string() }}
                    ),
                    substr(period_label, 7)
                )
            else concat(
                cast(cast(substr(period_label, 1, 4) as integer) - 1 as {{ dbt.type_string() }}),
                substr(period_label, 5)
            )
        end as year_before_label
    from periods
),

bases as (
    select
        'current' as basis, period_type, period_start, period_end, is_closed, workdays_elapsed,
        period_start as base_start, period_end as base_end
    from linked
    where is_started
    union all
    select
        'prior' as basis,
        linked.period_type,
        linked.period_start,
        linked.period_end,
        linked.is_closed,
        linked.workdays_elapsed, earlier.period_start as base_start, earlier.period_end as base_end
    from linked
    inner join periods as earlier
        on linked.period_type = earlier.period_type and linked.prior_start = earlier.period_start
    where linked.is_started and linked.period_type <> 'custom'
    union all
    select
        'prior_year' as basis,
        linked.period_type,
        linked.period_start,
        linked.period_end,
        linked.is_closed,
        linked.workdays_elapsed, earlier.period_start as base_start, earlier.period_end as base_end
    from linked
    inner join periods as earlier
        on
            linked.period_type = earlier.period_type
            and linked.year_before_label = earlier.period_label
    where linked.is_started
),

counted as (
    select
        bases.*,
        days.date_day,
        sum(case when days.is_workday then 1 else 0 end) over (
            partition by bases.basis, bases.period_type, bases.period_start, bases.period_end
            order by days.date_day
        ) as workday_no
    from bases
    inner join days on bases.base_start <= days.date_day and bases.base_end >= days.date_day
),

final as (
    select basis, period_type, period_start, period_end, date_day
    from counted
    where
        date_day <= {{ as_of() }}
        and (basis = 'current' or is_closed or workday_no <= workdays_elapsed)
)

select * from final
