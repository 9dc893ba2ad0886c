-- Grain: one row per metric, scope and day with an actual
with

actual_days as (
    select * from {{ ref('int_metric_day') }}
),

leaf_scopes as (
    select leaf_id, scope_no from {{ ref('int_leaf_scope') }}
),

scopes as (
    select * from {{ ref('int_scope') }}
),

summed as (
    select
        actual_days.metric, leaf_scopes.scope_no, actual_days.event_on,
        sum(actual_days.value) as value
    from actual_days
    inner join leaf_scopes on actual_days.leaf_id = leaf_scopes.leaf_id
    where actual_days.event_on <= {{ as_of() }}
    group by actual_days.metric, leaf_scopes.scope_no, actual_days.event_on
),

final as (
    select
        summed.metric,
        scopes.scope_type,
        scopes.scope_id,
        summed.event_on,
        summed.value,
        summed.scope_no
    from summed
    inner join scopes on summed.scope_no = scopes.scope_no
)

select * from final
