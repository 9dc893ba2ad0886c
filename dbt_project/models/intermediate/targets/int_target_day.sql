-- Grain: one row per metric, level, scenario, scope and day
-- Where a day has targets of several lengths, the finest one stands; everything coarser is a sum of days.
with

target_days as (
    select * from {{ ref('int_target_scope_day') }}
),

final as (
    select metric, level, scenario, scope_type, scope_id, date_day, value
    from target_days
    qualify row_number() over (
        partition by metric, level, scenario, scope_type, scope_id, date_day
        order by {{ days_between('period_start', 'period_end') }}
    ) = 1
)

select * from final
