-- Grain: one row per metric, level, scenario, scope and piece: the days that a week and a month
-- share
-- Weeks, months, quarters and years are unions of pieces; target_due is what is due by the end of
-- D.
with

atoms as (
    select * from {{ source('cascade', 'target_atom') }}
),

leaves as (
    select * from {{ ref('int_target_leaf') }}
),

leaf_scopes as (
    select * from {{ ref('int_leaf_scope') }}
),

days as (
    select * from {{ source('reference', 'calendar_day') }}
),

by_leaf as (
    select
        atoms.metric, atoms.level, atoms.scenario, atoms.leaf_no,
        days.week_start_on, days.month_start_on, days.quarter_start_on, days.year_start_on,
        sum(atoms.value) as target,
        sum(case when atoms.date_day <= {{ as_of() }} then atoms.value else 0 end) as target_due
    from atoms
    inner join days on atoms.date_day = days.date_day
    group by all
),

final as (
    select
        by_leaf.metric, by_leaf.level, by_leaf.scenario,
        leaf_scopes.scope_type, leaf_scopes.scope_id,
        by_leaf.week_start_on,
        by_leaf.month_start_on,
        by_leaf.quarter_start_on,
        by_leaf.year_start_on,
        sum(by_leaf.target) as target,
        sum(by_leaf.target_due) as target_due
    from by_leaf
    inner join leaves on by_leaf.leaf_no = leaves.leaf_no
    inner join leaf_scopes on leaves.leaf_id = leaf_scopes.leaf_id
    group by all
)

select * from final
