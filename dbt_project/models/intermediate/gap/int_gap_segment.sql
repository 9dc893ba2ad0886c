-- Grain: one row per started gap × way of segmenting × segment: its planned and its actual drivers
-- V = N Σ share × conversion × value. reach is N of the whole gap; *_0 is the plan up to D, *_1 the
-- fact.
{% set gap_parts = 'gap_no, segment_by, segment_id' %}
with

gaps as (
    select *
    from {{ ref('int_gap_frame') }}
    where is_started and driver_basis <> 'record' and scope_no is not null
),

cells as (
    select * from {{ ref('int_gap_cell') }}
),

bases as (
    select * from {{ ref('int_gap_base') }}
),

totals as (
    select
        driver_basis, metric, period_type, base_last_no, scope_no, sum(won_value) as won_value
    from bases
    where segment_by = 'product_line'
    group by all
),

sourced as (
    select
        gaps.*,
        case
            when own.won_value > 0 then gaps.scope_no
            when wider.won_value > 0 then gaps.wider_scope_no
        end as plan_scope_no
    from gaps
    left join totals as own
        on
            gaps.driver_basis = own.driver_basis
            and gaps.metric = own.metric
            and gaps.period_type = own.period_type
            and gaps.base_last_no = own.base_last_no and gaps.scope_no = own.scope_no
    left join totals as wider
        on
            gaps.driver_basis = wider.driver_basis and gaps.metric = wider.metric
            and gaps.period_type = wider.period_type
            and gaps.base_last_no = wider.base_last_no and gaps.wider_scope_no = wider.scope_no
),

parts as (
    select
        sourced.gap_no, bases.segment_by,
        -- What is one product line takes the rates of all of them as one; pairs have no other
        -- segments.
        case
            when
                bases.segment_by = 'product_line' and sourced.scope_type like '%product_line'
                then '(all)'
            else bases.segment_id
        end as segment_id,
        bases.reach_count as base_reach, bases.won_count as base_won, bases.won_value as base_value,
        0 as reach_1, 0 as won_1, 0 as value_1
    from sourced
    inner join bases
        on
            sourced.driver_basis = bases.driver_basis and sourced.metric = bases.metric
            and sourced.period_type = bases.period_type
            and sourced.base_last_no = bases.base_last_no
            and sourced.plan_scope_no = bases.scope_no
    where
        bases.segment_by = 'product_line' or sourced.scope_type = 'product_line'
        or sourced.scope_type not like '%product_line'
    union all
    select
        sourced.gap_no,
        cells.segment_by,
        cells.segment_id,
        0 as base_reach,
        0 as base_won,
        0 as base_value,
        cells.reach_count as reach_1,
        cells.won_count as won_1,
        cells.won_value as value_1
    from sourced
    inner join cells
        on
            sourced.driver_basis = cells.driver_basis and sourced.metric = cells.metric
            and sourced.period_type = cells.period_type and sourced.period_no = cells.period_no
            and sourced.scope_no = cells.scope_no
    union all
    -- A planned gap without history stands even where nothing was in reach.
    select
        gap_no,
        'product_line' as segment_by,
        '(all)' as segment_id,
        0 as base_reach,
        0 as base_won,
        0 as base_value,
        0 as reach_1, 0 as won_1, 0 as value_1
    from sourced
    where is_planned and plan_scope_no is null
),

summed as (
    select
        {{ gap_parts }},
        sum(base_reach) as base_reach, sum(base_won) as base_won, sum(base_value) as base_value,
        sum(reach_1) as reach_1, sum(won_1) as won_1, sum(value_1) as value_1
    from parts
    group by all
),

{% set whole = 'over (partition by summed.gap_no, summed.segment_by)' -%}
joined as (
    select
        summed.*,
        sum(summed.base_reach) {{ whole }} as all_base_reach,
        sum(summed.base_won) {{ whole }} as all_base_won,
        sum(summed.base_value) {{ whole }} as all_base_value,
        sum(summed.reach_1) {{ whole }} as all_reach_1,
        sum(summed.won_1) {{ whole }} as all_won_1,
        sum(summed.value_1) {{ whole }} as all_value_1,
        -- A seat's days may sum to nothing and yet not yet have done so by D: its plan is the line
        -- itself.
        cast(
            case
                when sourced.target = 0 then sourced.target_to_date else sourced.target
            end as double
        ) as target,
        -- While a period runs, its plan is what was due by D.
        case
            when sourced.target = 0 then 1 else
                {{ ratio('sourced.target_to_date', 'sourced.target') }}
        end as due_rate,
        sourced.is_planned,
        sourced.plan_reach_count,
        sourced.plan_conversion_rate,
        sourced.plan_deal_value,
        case
            when sourced.plan_scope_no is null then null
            when sourced.plan_scope_no = sourced.scope_no then 'own_history'
            else 'wider_history'
        end as history_source
    from summed
    inner join sourced on summed.gap_no = sourced.gap_no
),

rated as (
    select
        joined.*,
        case
            when is_planned then 'workbook'
            when history_source is not null then history_source
            when all_value_1 > 0 then 'own_period'
            else 'none'
        end as plan_source,
        {{ ratio('all_base_won', 'all_base_reach') }} as base_conversion_rate,
        {{ ratio('all_base_value', 'all_base_won') }} as base_deal_value,
        {{ ratio('base_reach', 'all_base_reach') }} as base_share,
        {{ ratio('base_won', 'base_reach') }} as base_segment_rate,
        {{ ratio('base_value', 'base_won') }} as base_segment_value,
        {{ ratio('reach_1', 'all_reach_1') }} as fact_share,
        {{ ratio('won_1', 'reach_1') }} as fact_segment_rate,
        {{ ratio('value_1', 'won_1') }} as fact_segment_value,
        {{ ratio('all_won_1', 'all_reach_1') }} as fact_conversion_rate,
        {{ ratio('all_value_1', 'all_won_1') }} as fact_deal_value
    from joined
),

-- The whole-period plan: N alone is scaled to the target; without any rate the fact's own stand in
-- for it.
planned as (
    select
        rated.*,
        case
            when is_planned then plan_conversion_rate
            when history_source is not null then base_conversion_rate
        end as conversion_0,
        case
            when is_planned then plan_deal_value
            when history_source is not null then base_deal_value
        end as deal_value_0,
        case
            when history_source is not null then base_share
            when all_reach_1 > 0 then fact_share
            when is_planned and segment_id = '(all)' then 1
        end as known_share_0,
        -- Segments keep their history's pattern around the planned rates.
        due_rate * case
            when is_planned and history_source is not null
                then base_segment_rate * {{ ratio('plan_conversion_rate', 'base_conversion_rate') }}
            when is_planned then plan_conversion_rate
            else base_segment_rate
        end as known_rate_0,
        case
            when is_planned and history_source is not null
                then base_segment_value * {{ ratio('plan_deal_value', 'base_deal_value') }}
            when is_planned then plan_deal_value
            else base_segment_value
        end as known_value_0
    from rated
),

final as (
    select
        {{ gap_parts }},
        plan_source,
        conversion_0,
        deal_value_0,
        case
            when is_planned then plan_reach_count
            when
                history_source is not null
                then {{ ratio('target', 'conversion_0 * deal_value_0') }}
            when plan_source = 'own_period'
                then {{ ratio('target * due_rate', 'fact_conversion_rate * fact_deal_value') }}
        end as reach_0,
        all_reach_1 as reach_1,
        all_won_1 as won_1,
        all_value_1 as value_1,
        due_rate,
        coalesce(known_share_0, 0) as share_0,
        coalesce(case when all_reach_1 > 0 then fact_share else known_share_0 end, 0) as share_1,
        -- A segment missing on one side has that side's rates from the other: what moved is the
        -- mix.
        coalesce(known_rate_0, fact_segment_rate, 0) as rate_0,
        coalesce(case when all_reach_1 > 0 then fact_segment_rate end, known_rate_0, 0) as rate_1,
        coalesce(known_value_0, fact_segment_value, 0) as value_per_win_0,
        coalesce(fact_segment_value, known_value_0, 0) as value_per_win_1
    from planned
)

select * from final
