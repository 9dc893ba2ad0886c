-- Grain: one row per explained gap and factor: its contribution, rounded to the cent
-- What rounding leaves stands in the largest of them, so that they sum to the gap. Factors are
-- numbered as in the macro gap_factor.
with

gaps as (
    select * from {{ ref('int_gap_frame') }} where driver_basis is not null
),

effects as (
    select * from {{ ref('int_gap_effect') }}
),

started as (
    select
        gaps.*,
        effects.plan_source,
        effects.conversion_0,
        effects.deal_value_0,
        effects.due_rate,
        effects.reach_0,
        effects.reach_1,
        effects.won_1,
        effects.value_1,
        effects.volume,
        effects.conversion,
        effects.deal_size,
        effects.mix,
        effects.direct_value,
        effects.reversal_value,
        effects.plan_mismatch,
        effects.plan_value,
        {{ ratio('effects.won_1', 'effects.reach_1') }} as conversion_1,
        {{ ratio('effects.value_1', 'effects.won_1') }} as deal_value_1,
        gaps.driver_basis = 'record' as is_record,
        effects.plan_source in ('own_period', 'none') as has_no_rates
    from effects
    inner join gaps on effects.gap_no = gaps.gap_no
),

factors as (
    select
        gap_no, 1 as factor_no,
        case when is_record then cast(target_to_date as double) else reach_0 end as plan_value,
        case when is_record then cast(actual as double) else reach_1 end as fact_value,
        volume as effect
    from started
    union all
    select
        gap_no, 2 as factor_no,
        case when has_no_rates then conversion_1 else conversion_0 * due_rate end as plan_value,
        conversion_1 as fact_value, conversion as effect
    from started
    where not is_record
    union all
    select
        gap_no,
        3 as factor_no,
        case when has_no_rates then deal_value_1 else deal_value_0 end as plan_value,
        deal_value_1 as fact_value, deal_size as effect
    from started
    where not is_record and unit = 'money'
    union all
    select
        gap_no,
        4 as factor_no,
        cast(null as double) as plan_value,
        cast(null as double) as fact_value,
        mix as effect
    from started
    where abs(mix) >= 0.005
    union all
    select
        gap_no, 5 as factor_no, 0 as plan_value, direct_value as fact_value, -direct_value as effect
    from started
    where direct_value <> 0
    union all
    select
        gap_no,
        6 as factor_no,
        0 as plan_value,
        reversal_value as fact_value,
        -reversal_value as effect
    from started
    where reversal_value <> 0
    union all
    select
        gap_no,
        7 as factor_no,
        plan_value,
        cast(target_to_date as double) as fact_value,
        plan_mismatch as effect
    from started
    where abs(plan_mismatch) >= 0.005
    union all
    select
        gap_no,
        8 as factor_no,
        cast(target as double) as plan_value,
        cast(target - (gap - gap_to_date) as double) as fact_value,
        cast(gap - gap_to_date as double) as effect
    from gaps
    where not is_closed
),

-- Half a cent is decided by the figure, not by the last bits of the order in which it was reckoned.
cut as (
    select gap_no, factor_no, plan_value, fact_value, round(effect, 6) as effect from factors
),

rounded as (
    select
        *,
        {{ money('effect') }} as rounded_effect,
        -- What is not yet due is known to the cent and takes no remainder, unless nothing else
        -- stands.
        row_number() over (
            partition by gap_no
            order by
                case when factor_no = 8 then 1 else 0 end asc,
                abs({{ money('effect') }}) desc,
                factor_no asc
        ) as place
    from cut
),

summed as (
    select *, sum(rounded_effect) over (partition by gap_no) as rounded_sum from rounded
),

contributions as (
    select
        summed.gap_no,
        summed.factor_no,
        summed.plan_value,
        summed.fact_value,
        cast(
            summed.rounded_effect
            + case when summed.place = 1 then gaps.gap - summed.rounded_sum else 0 end
            as decimal(18, 2)
        ) as contribution
    from summed
    inner join gaps on summed.gap_no = gaps.gap_no
),

shared as (
    select
        *,
        sum(case when factor_no < 8 and contribution > 0 then contribution else 0 end)
            over (partition by gap_no)
            as missing_sum
    from contributions
),

final as (
    select
        gap_no,
        factor_no,
        plan_value,
        fact_value,
        contribution,
        case
            when
                factor_no < 8 and contribution > 0
                then round({{ ratio('contribution', 'missing_sum') }}, 3)
        end
            as cause_share,
        -- The first of the largest; what is not yet due never is one.
        factor_no < 8 and contribution > 0 and row_number() over (
            partition by gap_no
            order by case when factor_no < 8 then contribution end desc nulls last, factor_no asc
        ) = 1 as is_main_cause
    from shared
)

select * from final
