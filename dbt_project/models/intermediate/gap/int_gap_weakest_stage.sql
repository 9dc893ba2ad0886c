-- Grain: one row per period × scope in which some stage let fewer pass than in the four closed
-- periods before
-- Of all stages the one that fell most. Passed = advanced ÷ (advanced + lost + back), of what left
-- the stage in the period.
with

flows as (
    select
        period_type, period_start, period_end, scope_type, scope_id, pipeline, stage, stage_order,
        advance_count, advance_count + lost_count + back_count as exit_count
    from {{ ref('mart_funnel_flow') }}
    where advance_count + lost_count + back_count > 0
),

periods as (
    select * from {{ ref('int_gap_period') }} where is_started
),

-- A flow knows weeks and months: longer periods are the sum of their months.
placed as (
    select
        periods.period_type, periods.period_no,
        flows.scope_type,
        flows.scope_id,
        flows.pipeline,
        flows.stage,
        max(flows.stage_order) as stage_order,
        sum(flows.advance_count) as advance_count, sum(flows.exit_count) as exit_count
    from flows
    inner join periods
        on
            flows.period_start >= periods.period_start and flows.period_end <= periods.period_end
            and flows.period_type
            = case when periods.period_type = 'week' then 'week' else 'month' end
    group by all
),

bases as (
    select
        placed.period_type,
        spans.base_last_no,
        placed.scope_type,
        placed.scope_id,
        placed.pipeline,
        placed.stage,
        sum(placed.advance_count) as advance_count, sum(placed.exit_count) as exit_count
    from placed
    inner join (
        select period_type, base_last_no
        from periods
        where has_target
        group by period_type, base_last_no
    ) as spans
        on
            placed.period_type = spans.period_type
            and placed.period_no <= spans.base_last_no and placed.period_no > spans.base_last_no - 4
    group by all
),

compared as (
    select
        periods.period_type,
        periods.period_start,
        periods.period_end,
        placed.scope_type,
        placed.scope_id,
        placed.stage, placed.stage_order,
        {{ ratio('placed.advance_count', 'placed.exit_count') }} as stage_rate,
        {{ ratio('bases.advance_count', 'bases.exit_count') }} as base_stage_rate
    from placed
    inner join
        periods
        on placed.period_type = periods.period_type and placed.period_no = periods.period_no
    inner join bases
        on
            placed.period_type = bases.period_type and periods.base_last_no = bases.base_last_no
            and placed.scope_type = bases.scope_type and placed.scope_id = bases.scope_id
            and placed.pipeline = bases.pipeline and placed.stage = bases.stage
    where periods.has_target
),

final as (
    select
        period_type, period_start, period_end, scope_type, scope_id,
        stage as weakest_stage,
        {{ rate('stage_rate') }} as weakest_stage_rate,
        {{ rate('base_stage_rate') }} as weakest_stage_plan_rate
    from compared
    where stage_rate < base_stage_rate
    qualify row_number() over (
        partition by period_type, period_start, period_end, scope_type, scope_id
        order by base_stage_rate - stage_rate desc, stage_order asc, stage asc
    ) = 1
)

select * from final
