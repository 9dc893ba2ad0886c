-- Grain: one row per metric × scenario × period × scope, level base: scenarios side by side, never
-- added
with

attainment as (
    select * from {{ ref('mart_target_attainment') }}
    where level = 'base' and target is not null
),

scenarios as (
    select * from {{ source('rules', 'scenarios') }}
),

settings as (
    select * from {{ source('rules', 'scenarios_settings') }}
),

plan as (
    select * from attainment where scenario = 'base'
),

final as (
    select
        attainment.metric,
        attainment.scenario,
        coalesce(scenarios.scenario_name, '基准') as scenario_name_zh,
        coalesce(scenarios.scenario_name_en, 'Base') as scenario_name_en,
        attainment.scenario = settings.scenario_in_force as is_in_force,
        attainment.period_type,
        attainment.period_start,
        attainment.period_end,
        attainment.period_label,
        attainment.scope_type,
        attainment.scope_id,
        attainment.scope_name,
        attainment.target,
        attainment.actual,
        attainment.attainment_rate,
        attainment.attainment_rate_reason,
        attainment.target_to_date,
        attainment.pace_rate,
        attainment.gap,
        attainment.gap_to_date,
        attainment.required_run_rate,
        attainment.status,
        cast(attainment.target - plan.target as decimal(18, 2)) as target_against_base,
        scenarios.actions as actions_zh,
        scenarios.actions_en
    from attainment
    cross join settings
    left join scenarios on attainment.scenario = scenarios.scenario
    left join plan
        on
            attainment.metric = plan.metric
            and attainment.period_type = plan.period_type
            and attainment.period_start = plan.period_start
            and attainment.period_end = plan.period_end
            and attainment.scope_type = plan.scope_type and attainment.scope_id = plan.scope_id
    -- Without another scenario in force the plan alone has weeks: nothing to set side by side.
    where attainment.period_type <> 'week' or settings.scenario_in_force <> 'base'
)

select * from final
