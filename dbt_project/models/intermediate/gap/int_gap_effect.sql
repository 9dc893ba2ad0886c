-- Grain: one row per started gap: what each factor made of the fall from plan to fact, exact to the
-- last digit
-- Positive is missing. Volume, conversion, deal size and mix by Shapley over product lines;
-- bookings without a unit (direct), reversals (adjustment) and a workbook's plan that is not the
-- target (plan_mismatch) by themselves.
{% set factors = ['volume', 'conversion', 'deal_size', 'mix'] %}
with

gaps as (
    select * from {{ ref('int_gap_frame') }} where is_started and driver_basis is not null
),

segments as (
    select * from {{ ref('int_gap_segment') }} where segment_by = 'product_line'
),

drivers as (
    select * from {{ ref('int_gap_driver') }}
),

apart as (
    select
        driver_basis, metric, period_type, period_no, scope_no,
        sum(direct_value) as direct_value, sum(reversal_value) as reversal_value
    from drivers
    where direct_value <> 0 or reversal_value <> 0
    group by all
),

scenarios as (
    select
        gap_no,
        max(plan_source) as plan_source,
        max(conversion_0) as conversion_0,
        max(deal_value_0) as deal_value_0,
        max(due_rate) as due_rate,
        max(reach_0) as reach_0,
        max(reach_1) as reach_1,
        max(won_1) as won_1,
        max(value_1) as value_1
        {%- for mix in [0, 1] %}{% for conversion in [0, 1] %}{% for deal_size in [0, 1] %},
        cast(
            sum({{ exact(
                'share_' ~ mix ~ ' * rate_' ~ conversion ~ ' * value_per_win_' ~ deal_size
            ) }}) as double
        ) as sum_{{ mix }}{{ conversion }}{{ deal_size }}
        {%- endfor %}{% endfor %}{% endfor %}
    from segments
    group by gap_no
),

explained as (
    select
        scenarios.*
        {%- for factor in factors %},
        {{ shapley_effect(factor, factors, gap_value) }} as {{ factor }}
        {%- endfor %},
        reach_0 * sum_000 as plan_value
    from scenarios
    where plan_source <> 'none'
),

final as (
    select
        gaps.gap_no,
        case
            when gaps.driver_basis = 'record' then 'record' else
                coalesce(explained.plan_source, 'none')
        end as plan_source,
        explained.conversion_0,
        explained.deal_value_0,
        explained.due_rate,
        explained.reach_0,
        -- What was in reach stands there, with a rate to divide by or without one.
        coalesce(scenarios.reach_1, 0) as reach_1,
        coalesce(scenarios.won_1, 0) as won_1,
        coalesce(scenarios.value_1, 0) as value_1,
        -- Without any rate there is nothing to divide: all of it is volume.
        coalesce(
            explained.volume,
            cast(
                gaps.gap_to_date
                + coalesce(apart.direct_value, 0)
                + coalesce(apart.reversal_value, 0) as double
            )
        ) as volume,
        coalesce(explained.conversion, 0) as conversion,
        coalesce(explained.deal_size, 0) as deal_size,
        coalesce(explained.mix, 0) as mix,
        cast(coalesce(apart.direct_value, 0) as double) as direct_value,
        cast(coalesce(apart.reversal_value, 0) as double) as reversal_value,
        case
            when
                gaps.is_planned
                then cast(gaps.target_to_date as double) - explained.plan_value
            else 0
        end as plan_mismatch,
        explained.plan_value
    from gaps
    left join scenarios on gaps.gap_no = scenarios.gap_no
    left join explained on gaps.gap_no = explained.gap_no
    left join apart
        on
            gaps.driver_basis = apart.driver_basis and gaps.metric = apart.metric
            and gaps.period_type = apart.period_type and gaps.period_no = apart.period_no
            and gaps.scope_no = apart.scope_no
)

select * from final
