-- Grain: one row per metric, level, scenario, scope and period with a target is_spread: due by
-- workdays (summed from atoms, or a milestone's pace); a ratio and a lower-is-better figure are
-- not.
with

pieces as (
    select * from {{ ref('int_target_scope_piece') }}
),

atoms as (
    select * from {{ source('cascade', 'target_atom') }}
),

leaves as (
    select * from {{ ref('int_target_leaf') }}
),

leaf_scopes as (
    select * from {{ ref('int_leaf_scope') }}
),

periods as (
    select * from {{ ref('int_target_period') }}
),

as_given as (
    select * from {{ ref('int_target_as_given') }}
),

scenario_settings as (
    select * from {{ source('rules', 'scenarios_settings') }}
),

-- Weeks are where pace is followed: of the plan and of the scenario in force, not of every other
-- scenario.
followed as (
    select pieces.*
    from pieces
    inner join scenario_settings on pieces.scenario in ('base', scenario_settings.scenario_in_force)
),

{% for period in ['week', 'month', 'quarter', 'year'] %}
by_{{ period }} as (
    select
        metric, level, scenario, scope_type, scope_id,
        '{{ period }}' as period_type, {{ period }}_start_on as period_start,
        sum(target) as target, sum(target_due) as target_to_date
    from {{ 'followed' if period == 'week' else 'pieces' }}
    group by all
),
{% endfor %}
by_calendar as (
    {% for period in ['week', 'month', 'quarter', 'year'] %}
    select * from by_{{ period }}
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

custom_leaf as (
    select
        atoms.metric,
        atoms.level,
        atoms.scenario,
        atoms.leaf_no,
        periods.period_start,
        periods.period_end,
        sum(atoms.value) as target,
        sum(case when atoms.date_day <= {{ as_of() }} then atoms.value else 0 end) as target_to_date
    from atoms
    inner join
        periods
        on atoms.date_day >= periods.period_start and atoms.date_day <= periods.period_end
    where periods.period_type = 'custom'
    group by all
),

custom as (
    select
        custom_leaf.metric, custom_leaf.level, custom_leaf.scenario,
        leaf_scopes.scope_type, leaf_scopes.scope_id,
        'custom' as period_type, custom_leaf.period_start, custom_leaf.period_end,
        sum(custom_leaf.target) as target, sum(custom_leaf.target_to_date) as target_to_date
    from custom_leaf
    inner join leaves on custom_leaf.leaf_no = leaves.leaf_no
    inner join leaf_scopes on leaves.leaf_id = leaf_scopes.leaf_id
    group by all
),

-- A milestone whose days a spread target shares stands back: one figure per scope and period.
as_given_alone as (
    select as_given.*
    from as_given
    left join custom
        on
            as_given.metric = custom.metric and as_given.level = custom.level
            and as_given.scenario = custom.scenario
            and as_given.scope_type = custom.scope_type and as_given.scope_id = custom.scope_id
            and as_given.period_type = custom.period_type
            and as_given.period_start = custom.period_start
            and as_given.period_end = custom.period_end
    where custom.metric is null
),

final as (
    select
        by_calendar.metric, by_calendar.level, by_calendar.scenario,
        by_calendar.scope_type, by_calendar.scope_id,
        by_calendar.period_type, by_calendar.period_start, periods.period_end,
        by_calendar.target, by_calendar.target_to_date,
        true as is_spread
    from by_calendar
    inner join periods
        on
            by_calendar.period_type = periods.period_type
            and by_calendar.period_start = periods.period_start
    union all
    select
        metric, level, scenario, scope_type, scope_id, period_type, period_start, period_end,
        target, target_to_date, true as is_spread
    from custom
    union all
    select
        metric, level, scenario, scope_type, scope_id, period_type, period_start, period_end,
        target, target_to_date, is_spread
    from as_given_alone
)

select * from final
