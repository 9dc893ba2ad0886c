-- Grain: one row per target as handed over
with

targets as (
    select * from {{ source('landed', 'targets') }}
),

final as (
    select
        period as period_label,
        start_on,
        end_on,
        coalesce(metric, 'signed_amount') as metric,
        node,
        region,
        team,
        person,
        product_line,
        customer_type,
        value,
        coalesce(value_kind, 'amount') as value_kind,
        coalesce(level, 'base') as level,
        coalesce(scenario, 'base') as scenario,
        effective_from,
        changed_by,
        reason,
        landed_on,
        source,
        source_row
    from targets
)

select * from final
