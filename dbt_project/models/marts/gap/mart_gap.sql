-- Grain: one row per metric × period × scope (level base, scenario in force)
-- What would close the gap, each alone, at the rates of a whole period: of the planned drivers,
-- else of the derived plan.
{% set streak =
    'partition by metric, period_type, scope_type, scope_id, streak_no order by period_no'
%}
with

-- What a parent did not hand down lacks no deals: it lacks somebody who has it.
frame as (
    select *, scope_id = 'unallocated' or scope_id like 'unallocated|%' as is_seat
    from {{ ref('int_gap_frame') }}
),

effects as (
    select * from {{ ref('int_gap_effect') }}
),

contributions as (
    select * from {{ ref('int_gap_contribution') }} where is_main_cause
),

weakest as (
    select * from {{ ref('int_gap_weakest_stage') }}
),

lost_customers as (
    select lost.*, customers.account_name as customer_name
    from {{ ref('int_gap_lost_customer') }} as lost
    left join {{ ref('int_customer') }} as customers on lost.customer_id = customers.customer_id
),

coverage as (
    select * from {{ ref('mart_pipeline_coverage') }}
),

actions as (
    select cause, max(action) as action, max(action_en) as action_en
    from {{ source('rules', 'actions') }}
    group by cause
),

metrics as (
    select metric, metric_name_zh, coalesce(metric_name_en, metric) as metric_name_en
    from {{ ref('dim_metric') }}
),

company as (
    select * from {{ source('reference', 'company') }}
),

-- One name per stage, where several pipelines have it.
stages as (
    select stage, min(stage_name_zh) as stage_name_zh, min(stage_name_en) as stage_name_en
    from {{ ref('dim_stage') }}
    group by stage
),

-- Rates of gaps that have not begun: those of the last four closed periods.
history as (
    select
        driver_basis, metric, period_type, base_last_no, scope_no,
        {{ ratio('sum(won_count)', 'sum(reach_count)') }} as conversion_0,
        {{ ratio('sum(won_value)', 'sum(won_count)') }} as deal_value_0
    from {{ ref('int_gap_base') }}
    where segment_by = 'product_line'
    group by all
),

started as (
    select
        gap_no, metric, period_type, period_no, period_start, period_label, scope_type, scope_id,
        gap_to_date > 0 as is_missing,
        sum(case when gap_to_date > 0 then 0 else 1 end) over (
            partition by metric, period_type, scope_type, scope_id order by period_no
            rows between unbounded preceding and current row
        ) as streak_no
    from frame
    where is_started
),

-- Since when: the first of the periods of that type that were behind one after the other up to this
-- one.
streaks as (
    select
        gap_no,
        first_value(period_start) over ({{ streak }}) as missing_since_on,
        first_value(period_label) over ({{ streak }}) as missing_since_label
    from started
    where is_missing
),

rated as (
    select
        frame.*,
        -- Sums over threads differ in their last bits: cut off before they decide how a cent is
        -- rounded.
        round(case
            when frame.is_planned then frame.plan_conversion_rate
            when frame.is_started then effects.conversion_0
            when own.deal_value_0 > 0 then own.conversion_0
            else wider.conversion_0
        end, 12) as conversion_0,
        round(case
            when frame.is_planned then frame.plan_deal_value
            when frame.is_started then effects.deal_value_0
            when own.deal_value_0 > 0 then own.deal_value_0
            else wider.deal_value_0
        end, 6) as deal_value_0,
        coalesce(effects.reach_1, 0) as reach_count,
        coalesce(effects.direct_value, 0) + coalesce(effects.reversal_value, 0) as other_value,
        case
            when
                frame.gap > 0 and frame.gap_to_date > 0 and not frame.is_seat
                then {{ gap_factor('contributions.factor_no') }}
        end
            as main_cause,
        case
            when
                frame.gap > 0 and frame.gap_to_date > 0 and not frame.is_seat
                then contributions.contribution
        end as main_cause_amount,
        case
            when
                frame.gap > 0 and frame.gap_to_date > 0 and not frame.is_seat
                then contributions.cause_share
        end as main_cause_share,
        streaks.missing_since_on,
        streaks.missing_since_label
    from frame
    left join effects on frame.gap_no = effects.gap_no
    left join contributions on frame.gap_no = contributions.gap_no
    left join streaks on frame.gap_no = streaks.gap_no
    left join history as own
        on
            not frame.is_started
            and frame.driver_basis = own.driver_basis and frame.metric = own.metric
            and frame.period_type = own.period_type and frame.base_last_no = own.base_last_no
            and frame.scope_no = own.scope_no
    left join history as wider
        on
            not frame.is_started
            and frame.driver_basis = wider.driver_basis and frame.metric = wider.metric
            and frame.period_type = wider.period_type and frame.base_last_no = wider.base_last_no
            and frame.wider_scope_no = wider.scope_no
),

{% set place = ['period_type', 'period_start', 'period_end', 'scope_type', 'scope_id'] -%}
joined as (
    select
        rated.*,
        {% for language, seat, unknown in [
            ('zh', '未分配', '未知'), ('en', 'Unallocated', 'Unknown')
        ] -%}
        case
            when rated.scope_type = 'company' then company.company_name
            when rated.scope_id = 'unallocated' then '{{ seat }}'
            when rated.scope_id = 'unknown' then '{{ unknown }}'
            else rated.scope_name
        end as spoken_name_{{ language }},
        {% endfor -%}
        company.as_of,
        company.currency,
        metrics.metric_name_zh,
        metrics.metric_name_en,
        case
            when rated.metric <> 'signed_amount' then null
            when rated.period_end < company.as_of then cast(0 as decimal(18, 2))
            else coalesce(coverage.weighted_amount, cast(0 as decimal(18, 2)))
        end as weighted_pipeline,
        case
            when
                rated.main_cause = 'conversion' and rated.driver_basis = 'opportunity'
                then weakest.weakest_stage
        end
            as weakest_stage,
        case
            when rated.is_seat then 'unallocated'
            when rated.driver_basis is null then 'not_decomposed'
            when not rated.is_started then 'not_started'
            when rated.gap <= 0 then 'no_gap'
            when rated.gap_to_date <= 0 then 'on_track'
        end as main_cause_reason,
        case when rated.main_cause is not null then lost_customers.customer_id end
            as lost_customer_id,
        case when rated.main_cause is not null then lost_customers.customer_name end
            as lost_customer_name,
        case when rated.main_cause is not null then lost_customers.expected_amount end
            as lost_customer_amount,
        {{ rate('rated.conversion_0') }} as plan_conversion_rate_used,
        {{ fixed('rated.deal_value_0', 2) }} as plan_deal_value_used,
        -- What one more opportunity or customer brings, what deals are to be expected of those in
        -- reach, what those in reach are worth if all are won, and what they have to bring in all.
        {{ fixed('rated.conversion_0 * rated.deal_value_0', 4) }} as value_per_reach,
        {{ fixed('rated.reach_count * rated.conversion_0', 6) }} as expected_win_count,
        {{ fixed('rated.reach_count * rated.deal_value_0', 2) }} as reach_value,
        cast(rated.target - cast(rated.other_value as decimal(18, 2)) as decimal(18, 2))
            as needed_from_reach
    from rated
    cross join company
    inner join metrics on rated.metric = metrics.metric
    left join weakest
        on
            rated.main_cause = 'conversion'
            {%- for key in place %}
            and rated.{{ key }} = weakest.{{ key }}
            {%- endfor %}
    left join lost_customers
        on
            rated.metric = 'signed_amount' and rated.period_type = 'quarter'
            and rated.period_no = lost_customers.period_no
            and rated.scope_no = lost_customers.scope_no
    left join coverage
        on
            rated.metric = 'signed_amount'
            {%- for key in place %}
            and rated.{{ key }} = coverage.{{ key }}
            {%- endfor %}
),

proposed as (
    select
        joined.*,
        case
            when joined.is_seat then 'unallocated'
            when joined.gap <= 0 then 'no_gap'
            when joined.driver_basis is null or joined.driver_basis = 'record' then 'not_decomposed'
            when coalesce(joined.value_per_reach, 0) <= 0 then 'insufficient_history'
        end as no_proposal_reason,
        ceil({{ ratio('gap', 'value_per_reach') }}) as reach_guess,
        ceil(100 * {{ ratio('needed_from_reach', 'expected_win_count') }}) as deal_guess,
        ceil(1000 * {{ ratio('needed_from_reach', 'reach_value') }}) as conversion_guess,
        case
            -- Of what customers owe too few pay, or too little: money comes in slowly.
            when
                joined.driver_basis = 'debtor' and joined.main_cause in ('conversion', 'deal_size')
                then 'collections'
            when joined.driver_basis <> 'record' then joined.main_cause
        end as action_cause
    from joined
),

closed_by as (
    select
        proposed.*,
        actions.action,
        coalesce(actions.action_en, actions.action) as action_en,
        case
            when proposed.no_proposal_reason is null and proposed.driver_basis <> 'debtor'
                then
                    cast(
                        {{ least_multiple(
                            'reach_guess', 'gap', 'value_per_reach', 0
                        ) }} as bigint
                    )
        end as customers_needed,
        case
            when
                proposed.driver_basis = 'debtor' and proposed.no_proposal_reason is null
                then 'not_by_customers'
            else proposed.no_proposal_reason
        end
            as customers_needed_reason,
        case
            when proposed.no_proposal_reason is not null then proposed.no_proposal_reason
            when proposed.unit <> 'money' then 'counted'
            when not proposed.is_started then 'not_started'
            when proposed.expected_win_count <= 0 then 'nothing_in_reach'
            when proposed.needed_from_reach <= 0 then 'no_gap'
            -- In hundredths: no amount is a hundred trillion.
            when proposed.deal_guess >= 1e16 then 'unreachable'
        end as deal_size_needed_reason,
        case
            when proposed.no_proposal_reason is not null then proposed.no_proposal_reason
            when not proposed.is_started then 'not_started'
            when proposed.reach_value <= 0 then 'nothing_in_reach'
            when proposed.needed_from_reach <= 0 then 'no_gap'
            when proposed.needed_from_reach > proposed.reach_value then 'unreachable'
        end as conversion_needed_reason
    from proposed
    left join actions on proposed.action_cause = actions.cause
),

numbered as (
    select
        closed_by.*,
        case
            when deal_size_needed_reason is null
                then
                    {{ least_multiple(
                        'deal_guess', 'needed_from_reach', 'expected_win_count', 2
                    ) }}
        end as deal_size_needed,
        case
            when conversion_needed_reason is null
                then
                    {{ least_multiple(
                        'conversion_guess', 'needed_from_reach', 'reach_value', 3
                    ) }}
        end as conversion_needed
    from closed_by
),

{% set money_zh =
    "case when unit <> 'money' then '' when currency = 'CNY' then '元'"
    ~ " else concat_ws('', ' ', currency) end"
-%}
{% set money_en = "case when unit <> 'money' then '' else concat_ws('', ' ', currency) end" -%}
spoken as (
    select
        numbered.*,
        {{ figure_text('target', 'unit') }} as target_text,
        {{ figure_text('actual', 'unit') }} as actual_text,
        {{ figure_text('abs(gap)', 'unit') }} as gap_text,
        {{ figure_text('gap_to_date', 'unit') }} as due_gap_text,
        {{ money_zh }} as unit_zh,
        {{ money_en }} as unit_en,
        {{ cause_text('main_cause', 'driver_basis', 'zh') }} as cause_zh,
        {{ cause_text('main_cause', 'driver_basis', 'en') }} as cause_en,
        stages.stage_name_zh,
        stages.stage_name_en
    from numbered
    left join stages on numbered.weakest_stage = stages.stage
),

final as (
    select
        metric,
        period_type,
        period_start,
        period_end,
        period_label,
        scope_type,
        scope_id,
        scope_name,
        target,
        actual,
        gap,
        gap_to_date,
        weighted_pipeline,
        case
            when weighted_pipeline is not null
                then cast(greatest(gap - weighted_pipeline, 0) as decimal(18, 2))
        end as residual_gap,
        main_cause,
        main_cause_amount,
        main_cause_share,
        main_cause_reason,
        weakest_stage,
        lost_customer_id,
        lost_customer_name,
        lost_customer_amount,
        missing_since_on,
        missing_since_label,
        action_cause,
        case when main_cause is not null then action end as action,
        case when main_cause is not null then action_en end as action_en,
        driver_basis,
        cast(reach_count as double) as reach_count,
        plan_conversion_rate_used as plan_conversion_rate,
        plan_deal_value_used as plan_deal_value,
        value_per_reach,
        expected_win_count,
        reach_value,
        needed_from_reach,
        customers_needed,
        customers_needed_reason,
        deal_size_needed,
        deal_size_needed_reason,
        conversion_needed,
        conversion_needed_reason,
        {{ gap_sentence('zh') }} as sentence_zh,
        {{ gap_sentence('en') }} as sentence_en
    from spoken
)

select * from final
