{{ config(meta={
    'dagster': {'ref': {'name': 'int_gap_effect'}},
    'zh': '各细分的贡献之和等于整体（含结构）：推算过程不留余数'}) }}
-- Leaves and aggregate tell one story: before any rounding, what segments fall short of is what the
-- scope falls short of.
with

leaves as (
    select
        gap_no, segment_by,
        sum(
            reach_0 * share_0 * rate_0 * value_per_win_0
            - reach_1 * share_1 * rate_1 * value_per_win_1
        ) as effect
    from {{ ref('int_gap_segment') }}
    where plan_source <> 'none'
    group by gap_no, segment_by
)

select
    effects.gap_no,
    leaves.segment_by,
    leaves.effect as leaf_effect,
    effects.volume + effects.conversion + effects.deal_size + effects.mix as whole_effect
from {{ ref('int_gap_effect') }} as effects
inner join leaves on effects.gap_no = leaves.gap_no
where
    abs(leaves.effect - (effects.volume + effects.conversion + effects.deal_size + effects.mix))
    > 0.005 + 0.000000001 * (abs(leaves.effect) + effects.value_1)
