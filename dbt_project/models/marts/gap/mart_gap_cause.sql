-- Grain: one row per metric × period × scope × factor
with

gaps as (
    select * from {{ ref('int_gap_frame') }}
),

effects as (
    select gap_no, plan_source from {{ ref('int_gap_effect') }}
),

contributions as (
    select * from {{ ref('int_gap_contribution') }}
),

weakest as (
    select * from {{ ref('int_gap_weakest_stage') }}
),

final as (
    select
        gaps.metric,
        gaps.period_type,
        gaps.period_start,
        gaps.period_end,
        gaps.period_label,
        gaps.scope_type,
        gaps.scope_id,
        gaps.scope_name,
        {{ gap_factor('contributions.factor_no') }} as factor,
        cast(contributions.factor_no as bigint) as factor_no,
        'aggregate' as level,
        {{ rate('contributions.plan_value') }} as plan_value,
        {{ rate('contributions.fact_value') }} as fact_value,
        contributions.contribution,
        contributions.cause_share,
        gaps.driver_basis,
        not gaps.is_planned and gaps.driver_basis <> 'record' as derived_plan,
        coalesce(effects.plan_source, 'not_started') as plan_source,
        weakest.weakest_stage,
        weakest.weakest_stage_rate,
        weakest.weakest_stage_plan_rate
    from contributions
    inner join gaps on contributions.gap_no = gaps.gap_no
    left join effects on contributions.gap_no = effects.gap_no
    left join weakest
        on
            contributions.factor_no = 2
            and gaps.driver_basis = 'opportunity'
            and contributions.contribution > 0
            and gaps.period_type = weakest.period_type and gaps.period_start = weakest.period_start
            and gaps.period_end = weakest.period_end
            and gaps.scope_type = weakest.scope_type and gaps.scope_id = weakest.scope_id
)

select * from final
