-- Grain: one row per period × scope × product line × source × tier
-- Broken down by one dimension at a time; the others read (all).
{% set breakdowns = [
    ("'(all)'", "'(all)'", "'(all)'"),
    ("deals.product_line", "'(all)'", "'(all)'"),
    ("'(all)'", "deals.lead_source", "'(all)'"),
    ("'(all)'", "'(all)'", "deals.tier"),
] %}
with

opportunities as (
    select * from {{ ref('fct_opportunity') }}
),

leaf_scopes as (
    select * from {{ ref('int_leaf_scope') }}
),

period_days as (
    select * from {{ ref('int_period_day') }}
),

closed as (
    select
        {{ leaf_id('opportunities') }} as leaf_id,
        opportunities.closed_on,
        opportunities.product_line,
        opportunities.lead_source,
        opportunities.tier,
        opportunities.outcome,
        opportunities.amount,
        -- An undated deal has no cycle; a deal closed before it was created has none that means anything.
        case when opportunities.cycle_days >= 0 then opportunities.cycle_days end as cycle_days
    from opportunities
    where opportunities.outcome <> 'open' and opportunities.closed_on <= {{ as_of() }}
),

deals as (
    select
        period_days.period_type,
        period_days.period_start,
        period_days.period_end,
        period_days.period_label,
        leaf_scopes.scope_type,
        leaf_scopes.scope_id,
        leaf_scopes.scope_name,
        closed.*
    from closed
    inner join leaf_scopes on closed.leaf_id = leaf_scopes.leaf_id
    inner join period_days on closed.closed_on = period_days.date_day
),

{% for product_line, lead_source, tier in breakdowns %}
broken_down_{{ loop.index }} as (
    select
        period_type, period_start, period_end, period_label, scope_type, scope_id, max(scope_name) as scope_name,
        {{ product_line }} as product_line,
        {{ lead_source }} as lead_source,
        {{ tier }} as tier,
        count(case when outcome = 'won' then 1 end) as won_count,
        count(case when outcome = 'lost' then 1 end) as lost_count,
        coalesce(sum(case when outcome = 'won' then amount end), 0) as won_amount,
        coalesce(sum(case when outcome = 'lost' then amount end), 0) as lost_amount,
        median(case when outcome = 'won' then cycle_days end) as cycle_median_days
    from deals
    group by
        period_type, period_start, period_end, period_label, scope_type, scope_id
        {%- for part in (product_line, lead_source, tier) if part != "'(all)'" %}, {{ part }}{% endfor %}
),
{% endfor %}
counted as (
    {% for breakdown in breakdowns -%}
    select * from broken_down_{{ loop.index }}
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

final as (
    select
        period_type,
        period_start,
        period_end,
        period_label,
        scope_type,
        scope_id,
        scope_name,
        product_line,
        lead_source,
        tier,
        won_count,
        lost_count,
        {{ money('won_amount') }} as won_amount,
        {{ money('lost_amount') }} as lost_amount,
        {{ ratio('won_count', 'won_count + lost_count') }} as win_rate,
        {{ ratio('won_amount', 'won_amount + lost_amount') }} as win_rate_amount,
        case when won_count + lost_count = 0 then 'no_closed' end as win_rate_reason,
        case when won_amount + lost_amount = 0 then 'no_amount' end as win_rate_amount_reason,
        {{ money(ratio('won_amount', 'won_count')) }} as average_won_amount,
        cast(cycle_median_days as double) as cycle_median_days
    from counted
)

select * from final
