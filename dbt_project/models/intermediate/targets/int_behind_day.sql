-- Grain: one row per scope and workday on which the signed amount of its month was behind, replayed
-- day by day
with

-- A scenario looks ahead: the years before its first day are judged by the plan.
scenario_starts as (
    select min(atoms.date_day) as first_on
    from {{ source('cascade', 'target_atom') }} as atoms
    inner join
        {{ source('rules', 'scenarios_settings') }} as settings
        on atoms.scenario = settings.scenario_in_force
    where atoms.metric = 'signed_amount' and atoms.level = 'base'
),

atoms as (
    select atoms.*
    from {{ source('cascade', 'target_atom') }} as atoms
    cross join {{ source('rules', 'scenarios_settings') }} as settings
    cross join scenario_starts
    where
        atoms.metric = 'signed_amount' and atoms.level = 'base' and atoms.date_day <= {{ as_of() }}
        and atoms.scenario = case
            when atoms.date_day >= scenario_starts.first_on then settings.scenario_in_force else
                'base'
        end
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

deal_sizes as (
    select * from {{ ref('int_deal_size') }}
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
        select scope_type, scope_id, event_on as date_day, 0 as target, value as actual
        from scope_days
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
            partition by every_day.scope_type, every_day.scope_id, days.month_start_on
            order by every_day.date_day
        ) as target_to_date,
        sum(every_day.actual) over (
            partition by every_day.scope_type, every_day.scope_id, days.month_start_on
            order by every_day.date_day
        ) as actual
    from every_day
    inner join days on every_day.date_day = days.date_day
),

counted as (
    select
        running.*,
        coalesce(own.average_deal_amount, whole.average_deal_amount) as deal_size
    from running
    left join
        deal_sizes as own
        on running.scope_type = own.scope_type and running.scope_id = own.scope_id
    left join deal_sizes as whole on whole.scope_type = 'company'
),

sized as (
    select
        counted.*,
        {{ ratio('target_to_date', 'deal_size') }} as due_count,
        floor({{ ratio('actual', 'deal_size') }}) as actual_count
    from counted
),

final as (
    select sized.scope_type, sized.scope_id, sized.month_start_on, sized.date_day
    from sized
    cross join thresholds
    where
        sized.is_workday
        and sized.target_to_date > 0
        and {{ is_behind(
            lag_rate('sized.actual', 'sized.target_to_date'),
            is_small_count('sized.due_count') ~ ' and sized.gone_rate < 1',
            'sized.actual_count', 'sized.due_count', 'sized.gone_rate', 'thresholds'
        ) }}
)

select * from final
