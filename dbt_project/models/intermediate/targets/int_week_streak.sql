-- Grain: one row per metric, level, scenario, scope and closed week that was judged
-- weeks_behind_streak: weeks behind in a row up to this one; month ends do not reset it.
with

weeks as (
    select * from {{ ref('int_week_behind') }}
    where verdict <> 'skipped'
),

runs as (
    select
        weeks.*,
        sum(case when verdict = 'kept' then 1 else 0 end) over (
            partition by metric, level, scenario, scope_type, scope_id order by week_start_on
        ) as run_no
    from weeks
),

final as (
    select
        metric, level, scenario, scope_type, scope_id, week_start_on, judged_on,
        sum(case when verdict = 'behind' then 1 else 0 end) over (
            partition by metric, level, scenario, scope_type, scope_id, run_no
            order by week_start_on
        ) as weeks_behind_streak
    from runs
)

select * from final
