-- Grain: one row per metric with a condition met once, day and leaf: objects that met it less those
-- that fell back
-- It counts on the day on which the running total reaches the line, for whoever brought it there,
-- and is taken back from him on the day on which a reversal undoes it.
with

formulas as (
    select * from {{ source('rules', 'metric_formula') }}
    where reach_at_least is not null and window_months is null
),

objects as (
    select objects.*, formulas.reach_at_least
    from {{ ref('int_formula_object') }} as objects
    inner join formulas on objects.metric = formulas.metric
),

-- A key counts while it stands, however often it was booked: two orders of one day are one day.
keyed as (
    select
        objects.*,
        sum(value) over (
            partition by metric, object_id, record_key
            order by event_on asc, value desc, leaf_id asc rows unbounded preceding
        ) as key_total
    from objects
),

steps as (
    select
        keyed.*,
        case
            when record_key is null then value
            when key_total >= 1 and key_total - value < 1 then 1
            when key_total < 1 and key_total - value >= 1 then -1
            else 0
        end as step
    from keyed
),

running as (
    select
        steps.*,
        sum(step) over (
            partition by metric, object_id
            order by event_on asc, step desc, leaf_id asc, record_key asc rows unbounded preceding
        ) as total
    from steps
    where step <> 0
),

turns as (
    select
        running.*,
        case
            when total >= reach_at_least and total - step < reach_at_least then 1
            when total < reach_at_least and total - step >= reach_at_least then -1
        end as turn
    from running
),

credited as (
    select
        metric,
        event_on,
        turn
        {%- for column in leaf_columns() %},
        case
            when turn = 1 then {{ column }}
            else lag({{ column }}) over (
                partition by metric, object_id
                order by event_on asc, step desc, leaf_id asc, record_key asc
            )
        end as {{ column }}
    {%- endfor %}
    from turns
    where turn is not null
),

final as (
    select metric, event_on, {{ leaf_columns() | join(', ') }}, sum(turn) as value
    from credited
    group by all
)

select * from final
