-- Grain: one row per lifecycle stage × week × scope
-- begin + in − out = end. Who changes hands leaves one scope and enters another; an invalid
-- customer leaves on its day.
with

lived as (
    select * from {{ ref('int_customer_lifecycle') }}
),

stages as (
    select * from {{ source('rules', 'lifecycle') }} where kind = 'stage'
),

company as (
    select * from {{ source('reference', 'company') }}
),

weeks as (
    select
        periods.period_start as week_start,
        periods.period_end as week_end,
        periods.period_label as week_label
    from {{ source('reference', 'period') }} as periods
    cross join company
    where
        periods.period_type = 'week'
        and periods.period_end >= coalesce(company.first_recorded_on, company.as_of)
        and periods.period_start <= company.as_of
),

leaf_scopes as (
    select * from {{ ref('int_leaf_scope') }}
),

turns as (
    select customer_id, leaf_id, lifecycle, valid_from as turned_on, 1 as step from lived
    union all
    select customer_id, leaf_id, lifecycle, valid_before as turned_on, -1 as step
    from lived
    where valid_before <= {{ as_of() }}
),

-- What leaves a scope and enters it on the same day stayed.
netted as (
    select
        turns.customer_id,
        leaf_scopes.scope_no,
        turns.lifecycle,
        turns.turned_on,
        sum(turns.step) as step
    from turns
    inner join leaf_scopes on turns.leaf_id = leaf_scopes.leaf_id
    group by turns.customer_id, leaf_scopes.scope_no, turns.lifecycle, turns.turned_on
    having sum(turns.step) <> 0
),

first_weeks as (
    select min(week_start) as first_start from weeks
),

-- Before the first recorded week there is only what it began with.
moved as (
    select
        netted.scope_no,
        netted.lifecycle,
        weeks.week_start,
        sum(case when netted.turned_on < first_weeks.first_start then netted.step else 0 end)
            as stood_count,
        sum(
            case
                when
                    netted.turned_on >= first_weeks.first_start and netted.step > 0
                    then netted.step
                else 0
            end
        )
            as in_count,
        sum(
            case
                when
                    netted.turned_on >= first_weeks.first_start and netted.step < 0
                    then -netted.step
                else 0
            end
        )
            as out_count
    from netted
    cross join first_weeks
    inner join weeks
        on
            greatest(netted.turned_on, first_weeks.first_start) >= weeks.week_start
            and greatest(netted.turned_on, first_weeks.first_start) <= weeks.week_end
    group by netted.scope_no, netted.lifecycle, weeks.week_start
),

cells as (
    select scope_no, lifecycle, min(week_start) as first_start
    from moved
    group by scope_no, lifecycle
),

filled as (
    select
        cells.scope_no,
        cells.lifecycle,
        weeks.week_start,
        weeks.week_end,
        weeks.week_label,
        coalesce(moved.stood_count, 0) as stood_count,
        coalesce(moved.in_count, 0) as in_count,
        coalesce(moved.out_count, 0) as out_count
    from cells
    inner join weeks on cells.first_start <= weeks.week_start
    left join moved
        on
            cells.scope_no = moved.scope_no and cells.lifecycle = moved.lifecycle
            and weeks.week_start = moved.week_start
),

counted as (
    select
        filled.*,
        sum(stood_count + in_count - out_count) over (
            partition by scope_no, lifecycle order by week_start
        ) as end_count
    from filled
),

-- What a week begins with is what the one before it ended with.
begun as (
    select
        counted.*,
        stood_count + coalesce(
            lag(end_count) over (partition by scope_no, lifecycle order by week_start), 0
        ) as begin_count
    from counted
),

scopes as (
    select
        scope_no,
        min(scope_type) as scope_type,
        min(scope_id) as scope_id,
        min(scope_name) as scope_name
    from leaf_scopes
    group by scope_no
),

final as (
    select
        begun.lifecycle,
        cast(stages.lifecycle_order as bigint) as lifecycle_order,
        begun.week_start,
        begun.week_end,
        begun.week_label,
        scopes.scope_type,
        scopes.scope_id,
        scopes.scope_name,
        cast(begun.begin_count as bigint) as begin_count,
        cast(begun.in_count as bigint) as in_count,
        cast(begun.out_count as bigint) as out_count,
        cast(begun.end_count as bigint) as end_count,
        cast(begun.begin_count + begun.in_count - begun.out_count - begun.end_count as bigint)
            as residual_count
    from begun
    inner join scopes on begun.scope_no = scopes.scope_no
    left join stages on begun.lifecycle = stages.lifecycle
    where begun.stood_count + begun.in_count + begun.out_count + begun.end_count > 0
)

select * from final
