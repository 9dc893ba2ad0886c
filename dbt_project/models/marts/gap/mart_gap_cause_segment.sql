-- Grain: one row per metric × period (from months on) × scope × way of segmenting × segment ×
-- factor
-- Each segment by itself, by Shapley over its three drivers: effects of leaves add up over
-- segments, and their sum is that of volume, conversion, deal size and mix of the scope as a whole;
-- the mix is what the leaves show as their own volume.
{% set factors = ['volume', 'conversion', 'deal_size'] %}
with

gaps as (
    select * from {{ ref('int_gap_frame') }} where period_type <> 'week'
),

segments as (
    select
        *,
        reach_0 * share_0 as part_0,
        reach_1 * share_1 as part_1
    from {{ ref('int_gap_segment') }}
    where plan_source <> 'none' and segment_id <> '(all)'
),

causes as (
    select gap_no, sum(contribution) as contribution
    from {{ ref('int_gap_contribution') }}
    where factor_no <= 4
    group by gap_no
),

explained as (
    select
        gap_no,
        segment_by,
        segment_id,
        part_0,
        part_1,
        rate_0,
        rate_1,
        value_per_win_0,
        value_per_win_1
        {%- for factor in factors %},
        {{ shapley_effect(factor, factors, gap_segment_value) }} as {{ factor }}
    {%- endfor %}
    from segments
),

effects as (
    {% for factor in factors -%}
    select
        explained.gap_no,
        explained.segment_by,
        explained.segment_id,
        {{ loop.index }} as factor_no,
        '{{ factor }}' as factor,
        {{ ['part', 'rate', 'value_per_win'][loop.index0] }}_0 as plan_value,
        {{ ['part', 'rate', 'value_per_win'][loop.index0] }}_1 as fact_value,
        {{ money('round(explained.' ~ factor ~ ', 6)') }} as contribution
    from explained
    where part_0 <> 0 or part_1 <> 0
    {% if not loop.last %}union all
    {% endif -%}
    {% endfor %}
),

placed as (
    select
        effects.*,
        sum(contribution) over (partition by gap_no, segment_by) as segment_sum,
        row_number() over (
            partition by gap_no, segment_by
                order by abs(contribution) desc, segment_id asc, factor_no asc
        ) as place
    from effects
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
        placed.segment_by,
        placed.segment_id,
        placed.factor,
        'leaf' as level,
        {{ rate('placed.plan_value') }} as plan_value,
        {{ rate('placed.fact_value') }} as fact_value,
        cast(
            placed.contribution
            + case when placed.place = 1 then causes.contribution - placed.segment_sum else 0 end
            as decimal(18, 2)
        ) as contribution,
        gaps.driver_basis
    from placed
    inner join gaps on placed.gap_no = gaps.gap_no
    inner join causes on placed.gap_no = causes.gap_no
)

select * from final
