-- Grain: one row per metric × period × scope × factor
-- Contributions are rounded to the cent; what rounding leaves stands in the largest of them, so that they sum to the gap.
{% set factors = ['volume', 'conversion', 'deal_size', 'mix', 'direct', 'adjustment', 'plan_mismatch', 'not_yet_due'] %}
with

gaps as (
    select * from {{ ref('int_gap_frame') }}
),

effects as (
    select * from {{ ref('int_gap_effect') }}
),

weakest as (
    select * from {{ ref('int_gap_weakest_stage') }}
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
        gap_no, 3 as factor_no, case when has_no_rates then deal_value_1 else deal_value_0 end as plan_value,
        deal_value_1 as fact_value, deal_size as effect
    from started
    where not is_record and unit = 'money'
    union all
    select gap_no, 4 as factor_no, cast(null as double) as plan_value, cast(null as double) as fact_value, mix as effect
    from started
    where abs(mix) >= 0.005
    union all
    select gap_no, 5 as factor_no, 0 as plan_value, direct_value as fact_value, -direct_value as effect
    from started
    where direct_value <> 0
    union all
    select gap_no, 6 as factor_no, 0 as plan_value, reversal_value as fact_value, -reversal_value as effect
    from started
    where reversal_value <> 0
    union all
    select
        gap_no, 7 as factor_no, plan_value, cast(target_to_date as double) as fact_value, plan_mismatch as effect
    from started
    where abs(plan_mismatch) >= 0.005
    union all
    select
        gap_no, 8 as factor_no, cast(target as double) as plan_value, cast(target - (gap - gap_to_date) as double) as fact_value,
        cast(gap - gap_to_date as double) as effect
    from gaps
    where not is_closed
),

rounded as (
    select
        *,
        {{ money('effect') }} as rounded_effect,
        -- What is not yet due is known to the cent and takes no remainder, unless nothing else stands.
        row_number() over (
            partition by gap_no
            order by case when factor_no = 8 then 1 else 0 end, abs({{ money('effect') }}) desc, factor_no
        ) as place
    from factors
),

summed as (
    select *, sum(rounded_effect) over (partition by gap_no) as rounded_sum from rounded
),

contributions as (
    select
        gaps.*,
        summed.factor_no,
        summed.plan_value as factor_plan_value,
        summed.fact_value as factor_fact_value,
        cast(
            summed.rounded_effect + case when summed.place = 1 then gaps.gap - summed.rounded_sum else 0 end
            as decimal(18, 2)
        ) as contribution
    from summed
    inner join gaps on summed.gap_no = gaps.gap_no
),

shared as (
    select
        *,
        sum(case when factor_no < 8 and contribution > 0 then contribution else 0 end) over (partition by gap_no)
            as missing_sum
    from contributions
),

final as (
    select
        shared.metric,
        shared.period_type,
        shared.period_start,
        shared.period_end,
        shared.period_label,
        shared.scope_type,
        shared.scope_id,
        shared.scope_name,
        case shared.factor_no
            {%- for factor in factors %}
            when {{ loop.index }} then '{{ factor }}'
            {%- endfor %}
        end as factor,
        cast(shared.factor_no as bigint) as factor_no,
        'aggregate' as level,
        {{ rate('shared.factor_plan_value') }} as plan_value,
        {{ rate('shared.factor_fact_value') }} as fact_value,
        shared.contribution,
        case when shared.factor_no < 8 and shared.contribution > 0
            then round({{ ratio('shared.contribution', 'shared.missing_sum') }}, 3)
        end as cause_share,
        shared.driver_basis,
        not shared.is_planned and shared.driver_basis <> 'record' as derived_plan,
        coalesce(effects.plan_source, 'not_started') as plan_source,
        weakest.weakest_stage,
        weakest.weakest_stage_rate,
        weakest.weakest_stage_plan_rate
    from shared
    left join effects on shared.gap_no = effects.gap_no
    left join weakest
        on
            shared.factor_no = 2 and shared.driver_basis = 'opportunity' and shared.contribution > 0
            and shared.period_type = weakest.period_type and shared.period_start = weakest.period_start
            and shared.period_end = weakest.period_end
            and shared.scope_type = weakest.scope_type and shared.scope_id = weakest.scope_id
)

select * from final
