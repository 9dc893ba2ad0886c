{{ config(meta={
    'dagster': {'ref': {'name': 'mart_gap_cause'}},
    'zh': '各因素贡献之和精确等于差距：每个范围、每个周期'}) }}
-- To the cent at every scope and period; and what rounding moved is cents, so that no factor hides
-- what is not explained.
with

summed as (
    select
        metric,
        period_type,
        period_start,
        period_end,
        scope_type,
        scope_id,
        sum(contribution) as contribution
    from {{ ref('mart_gap_cause') }}
    group by all
),

explained as (
    select
        gap_no,
        volume
        + conversion
        + deal_size
        + mix
        - direct_value
        - reversal_value
        + plan_mismatch as effect
    from {{ ref('int_gap_effect') }}
)

select
    gaps.metric,
    gaps.period_type,
    gaps.period_start,
    gaps.period_end,
    gaps.scope_type,
    gaps.scope_id,
    cast(gaps.gap as double) as expected, cast(summed.contribution as double) as found
from {{ ref('int_gap_frame') }} as gaps
left join summed
    on
        gaps.metric = summed.metric and gaps.period_type = summed.period_type
        and gaps.period_start = summed.period_start and gaps.period_end = summed.period_end
        and gaps.scope_type = summed.scope_type and gaps.scope_id = summed.scope_id
where
    gaps.driver_basis is not null
    and (summed.contribution is null or summed.contribution <> gaps.gap)
union all
select
    gaps.metric,
    gaps.period_type,
    gaps.period_start,
    gaps.period_end,
    gaps.scope_type,
    gaps.scope_id,
    cast(gaps.gap_to_date as double) as expected, explained.effect as found
from {{ ref('int_gap_frame') }} as gaps
inner join explained on gaps.gap_no = explained.gap_no
where
    abs(explained.effect - cast(gaps.gap_to_date as double))
    > 0.02 + 0.000000001 * abs(cast(gaps.target as double))
