-- Grain: one row per scope and workday on which the signed amount of its month was behind, replayed day by day
with

atoms as (
    select atoms.*
    from {{ source('cascade', 'target_atom') }} as atoms
    inner join {{ source('rules', 'scenarios_settings') }} as settings on atoms.scenario = settings.scenario_in_force
    where atoms.metric = 'signed_amount' and atoms.level = 'base' and atoms.date_day <= {{ as_of() }}
),

leaves as (
    select * from {{ ref('int_target_leaf') }}
),

leaf_scopes as (
    select * from {{ ref('int_leaf_scope') }}
    where scope_type in ('company', 'org', 'region', 'team', 'product_line', 'person')
),

scope_days as (
    select * from {{ ref('int_actual_scope_day') }}
    where metric = 'signed_amount'
),

days as (
    select * from {{ source('reference', 'calendar_day') }}
),

thresholds as (
    select * from {{ source('rules', 'status') }}
),

due as (
    select leaf_scopes.scope_type, leaf_scopes.scope_id, atoms.date_day, sum(atoms.value) as target
    from atoms
    inner join leaves on atoms.leaf_no = leaves.leaf_no
    inner join leaf_scopes on leaves.leaf_id = leaf_scopes.leaf_id
    group by all
),

every_day as (
    select scope_type, scope_id, date_day, sum(target) as target, sum(actual) as actual
    from (
        select scope_type, scope_id, date_day, target, 0 as actual from due
        union all
        select scope_type, scope_id, event_on as date_day, 0 as target, value as actual from scope_days
    ) as both_sides
    group by all
),

running as (
    select
        every_day.scope_type,
        every_day.scope_id,
        every_day.date_day,
        days.month_start_on,
        days.is_workday,
        {{ ratio('days.workday_of_month', 'days.workdays_in_month') }} as gone_rate,
        sum(every_day.target) over (
            partition by every_day.scope_type, every_day.scope_id, days.month_start_on order by every_day.date_day
        ) as target_to_date,
        sum(every_day.actual) over (
            partition by every_day.scope_type, every_day.scope_id, days.month_start_on order by every_day.date_day
        ) as actual
    from every_day
    inner join days on every_day.date_day = days.date_day
),

final as (
    select running.scope_type, running.scope_id, running.month_start_on, running.date_day
    from running
    cross join thresholds
    where
        running.is_workday
        and running.target_to_date > 0
        and running.gone_rate >= thresholds.grace_elapsed_rate
        and 1 - {{ ratio('running.actual', 'running.target_to_date') }} > thresholds.behind_lag_rate
)

select * from final
