-- Grain: one row per metric × period × scope (level base, scenario in force)
with

attainment as (
    select * from {{ ref('mart_target_attainment') }}
),

final as (
    select
        metric,
        period_type,
        period_start,
        period_end,
        period_label,
        scope_type,
        scope_id,
        scope_name,
        target,
        actual,
        gap,
        gap_to_date
    from attainment
    where is_in_force and target is not null
)

select * from final
