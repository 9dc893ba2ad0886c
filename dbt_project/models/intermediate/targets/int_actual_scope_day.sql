-- Grain: one row per metric, scope and day with an actual
with

actual_days as (
    select * from {{ ref('int_metric_day') }}
),

leaf_scopes as (
    select * from {{ ref('int_leaf_scope') }}
),

final as (
    select
        actual_days.metric,
        leaf_scopes.scope_type,
        leaf_scopes.scope_id,
        actual_days.event_on,
        sum(actual_days.value) as value
    from actual_days
    inner join leaf_scopes on actual_days.leaf_id = leaf_scopes.leaf_id
    where actual_days.event_on <= {{ as_of() }}
    group by all
)

select * from final
