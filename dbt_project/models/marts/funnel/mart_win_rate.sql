-- Grain: one row per period × scope × product line × source × tier
-- By close date, credited to whoever had the deal when it closed; the outcome is that of the last
-- attempt. Broken down by one dimension at a time; the others read (all). Tier is that of the day
-- of creation.
{% set breakdowns = [
    ("'(all)'", "'(all)'", "'(all)'"),
    ("product_line", "'(all)'", "'(all)'"),
    ("'(all)'", "lead_source", "'(all)'"),
    ("'(all)'", "'(all)'", "tier"),
] %}
{% set sums %}
        cast(sum(won_count) as bigint) as won_count,
        cast(sum(lost_count) as bigint) as lost_count,
        sum(won_amount) as won_amount,
        sum(lost_amount) as lost_amount,
        cast(sum(valued_won_count) as bigint) as valued_won_count,
        cast(sum(cycle_count) as bigint) as cycle_count,
        cast(sum(cycle_sum_days) as bigint) as cycle_sum_days,
        cast(sum(qualified_count) as bigint) as qualified_count
{%- endset %}
with

opportunities as (
    select *
    from {{ ref('fct_opportunity') }}
    where outcome <> 'open' and closed_on <= {{ as_of() }}
),

visits as (
    select * from {{ ref('fct_stage_visit') }}
),

segments as (
    select * from {{ ref('int_opportunity_segment') }} where not is_deleted
),

leaf_scopes as (
    select leaf_id, leaf_no, scope_no from {{ ref('int_leaf_scope') }}
),

leaves as (
    select leaf_id, leaf_no from leaf_scopes group by leaf_id, leaf_no
),

scopes as (
    select * from {{ ref('int_scope') }}
),

-- One number stands for product line, source and tier, of a deal and of each line of the mart: the
-- many rows below are grouped by it.
dealt as (
    select product_line, lead_source, tier
    from segments
    group by product_line, lead_source, tier
),

lines as (
    {% for product_line, lead_source, tier in breakdowns %}
    select
        {{ product_line }} as product_line, {{ lead_source }} as lead_source, {{ tier }} as tier,
        dealt.product_line as deal_product_line, dealt.lead_source as deal_lead_source,
        dealt.tier as deal_tier
    from dealt
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

numbered_lines as (
    select
        lines.*,
        dense_rank() over (order by product_line, lead_source, tier) as line_no,
        dense_rank() over (order by deal_product_line, deal_lead_source, deal_tier) as place_no
    from lines
),

places as (
    select
        deal_product_line as product_line, deal_lead_source as lead_source, deal_tier as tier,
        min(place_no) as place_no
    from numbered_lines
    group by deal_product_line, deal_lead_source, deal_tier
),

line_names as (
    select line_no, min(product_line) as product_line, min(lead_source) as lead_source,
        min(tier) as tier
    from numbered_lines
    group by line_no
),

place_lines as (
    select place_no, line_no from numbered_lines group by place_no, line_no
),

parts as (
    select segments.*, leaves.leaf_no, places.place_no
    from segments
    inner join leaves on segments.leaf_id = leaves.leaf_id
    inner join places
        on
            segments.product_line = places.product_line
            and segments.lead_source = places.lead_source and segments.tier = places.tier
),

-- By number: two periods of a company's own may begin on the same day.
periods as (
    select
        *,
        least(period_end, {{ as_of() }}) as last_on,
        row_number() over (order by period_type, period_start, period_end) as period_no
    from {{ source('reference', 'period') }}
    where period_start <= {{ as_of() }}
),

period_days as (
    select periods.period_no, days.date_day
    from {{ ref('int_period_day') }} as days
    inner join periods
        on
            days.period_type = periods.period_type
            and days.period_start = periods.period_start and days.period_end = periods.period_end
),

-- A reopened deal's cycle begins with its last attempt.
attempts as (
    select opportunity_id, max(attempt_no) as attempt_no, max(visit_no) as last_visit_no
    from visits
    group by opportunity_id
),

attempt_starts as (
    select visits.opportunity_id, min(visits.entered_on) as started_on
    from visits
    inner join attempts
        on
            visits.opportunity_id = attempts.opportunity_id
            and visits.attempt_no = attempts.attempt_no
    where attempts.attempt_no > 1
    group by visits.opportunity_id
),

closed as (
    select
        parts.leaf_no,
        parts.place_no,
        opportunities.closed_on,
        opportunities.outcome,
        opportunities.amount,
        -- An undated deal has no cycle; a deal closed before it was created has none that means
        -- anything.
        case
            when
                opportunities.outcome = 'won'
                and {{ days_between(
                    'coalesce(attempt_starts.started_on, opportunities.created_on)',
                    'opportunities.closed_on'
                ) }}
                >= 0
                then
                    {{ days_between(
                        'coalesce(attempt_starts.started_on, opportunities.created_on)',
                        'opportunities.closed_on'
                    ) }}
        end as cycle_days
    from opportunities
    inner join attempts on opportunities.opportunity_id = attempts.opportunity_id
    inner join parts
        on
            attempts.opportunity_id = parts.opportunity_id
            and attempts.last_visit_no = parts.visit_no
            and parts.part_no = 1
    left join attempt_starts on opportunities.opportunity_id = attempt_starts.opportunity_id
),

leaf_closed as (
    select
        period_days.period_no, closed.leaf_no, closed.place_no,
        sum(case when closed.outcome = 'won' then 1 else 0 end) as won_count,
        sum(case when closed.outcome = 'lost' then 1 else 0 end) as lost_count,
        sum(case when closed.outcome = 'won' then coalesce(closed.amount, 0) else 0 end)
            as won_amount,
        sum(case when closed.outcome = 'lost' then coalesce(closed.amount, 0) else 0 end)
            as lost_amount,
        -- A win without a rate is in neither side of the average.
        sum(case when closed.outcome = 'won' and closed.amount is not null then 1 else 0 end)
            as valued_won_count,
        sum(case when closed.cycle_days is not null then 1 else 0 end) as cycle_count,
        sum(coalesce(closed.cycle_days, 0)) as cycle_sum_days,
        0 as qualified_count
    from closed
    inner join period_days on closed.closed_on = period_days.date_day
    group by 1, 2, 3
),

leaf_cycles as (
    select
        period_days.period_no, closed.leaf_no, closed.place_no, closed.cycle_days,
        count(*) as cycle_count
    from closed
    inner join period_days on closed.closed_on = period_days.date_day
    where closed.cycle_days is not null
    group by 1, 2, 3, 4
),

-- Qualified: open at the second stage or later on the period's last day, or D.
leaf_qualified as (
    select
        periods.period_no, parts.leaf_no, parts.place_no,
        0 as won_count,
        0 as lost_count,
        0 as won_amount,
        0 as lost_amount,
        0 as valued_won_count,
        0 as cycle_count,
        0 as cycle_sum_days,
        count(*) as qualified_count
    from parts
    inner join
        periods
        on parts.valid_from <= periods.last_on and parts.valid_before > periods.last_on
    where parts.standing = 'open' and parts.stage_order >= 2
    group by 1, 2, 3
),

leaf_figures as (
    select * from leaf_closed
    union all
    select * from leaf_qualified
),

{% set cell = 'period_no, scope_no, line_no' %}
{% for name, detail, measures in [('figure', '', sums), ('cycle', 'cycle_days, ', '
        cast(sum(cycle_count) as bigint) as cycle_count')] %}
scoped_{{ name }}s as (
    select
        leaf_{{ name }}s.period_no, leaf_scopes.scope_no, {{ detail }}leaf_{{ name }}s.place_no,
        {{ measures }}
    from leaf_{{ name }}s
    inner join leaf_scopes on leaf_{{ name }}s.leaf_no = leaf_scopes.leaf_no
    group by 1, 2, 3{{ ', 4' if detail }}
),

broken_down_{{ name }}s as (
    select
        scoped_{{ name }}s.period_no, scoped_{{ name }}s.scope_no, {{ detail }}place_lines.line_no,
        {{ measures }}
    from scoped_{{ name }}s
    inner join place_lines on scoped_{{ name }}s.place_no = place_lines.place_no
    group by 1, 2, 3{{ ', 4' if detail }}
),
{% endfor %}

climbed as (
    select
        {{ cell }}, cycle_days,
        sum(cycle_count) over (
            partition by {{ cell }}
            order by cycle_days rows between unbounded preceding and current row
        ) as reached_count,
        sum(cycle_count) over (partition by {{ cell }}) as all_count
    from broken_down_cycles
),

medians as (
    select
        {{ cell }},
        (
            min(case when reached_count * 2 >= all_count then cycle_days end)
            + min(case when reached_count * 2 > all_count then cycle_days end)
        ) * 0.5 as cycle_median_days
    from climbed
    group by {{ cell }}
),

rated as (
    select
        broken_down_figures.*,
        {{ ratio('won_count', 'won_count + lost_count') }} as win_rate,
        {{ ratio('won_amount', 'valued_won_count') }} as average_won,
        {{ ratio('cycle_sum_days', 'cycle_count') }} as cycle_mean_days
    from broken_down_figures
),

final as (
    select
        periods.period_type,
        periods.period_start,
        periods.period_end,
        periods.period_label,
        scopes.scope_type,
        scopes.scope_id,
        scopes.scope_name,
        line_names.product_line,
        line_names.lead_source,
        line_names.tier,
        rated.won_count,
        rated.lost_count,
        {{ money('rated.won_amount') }} as won_amount,
        {{ money('rated.lost_amount') }} as lost_amount,
        {{ rate('rated.win_rate') }} as win_rate,
        {{ rate(ratio('rated.won_amount', 'rated.won_amount + rated.lost_amount')) }}
            as win_rate_amount,
        case when rated.won_count + rated.lost_count = 0 then 'no_closed' end as win_rate_reason,
        case
            when rated.won_count + rated.lost_count = 0 then 'no_closed'
            when rated.won_amount + rated.lost_amount = 0 then 'no_amount'
        end as win_rate_amount_reason,
        {{ money('rated.average_won') }} as average_won_amount,
        cast(medians.cycle_median_days as double) as cycle_median_days,
        {{ rate('rated.cycle_mean_days') }} as cycle_mean_days,
        rated.cycle_count,
        rated.qualified_count,
        {{ money(
            ratio(
                'rated.qualified_count * rated.win_rate * rated.average_won',
                'rated.cycle_mean_days'
            )
        ) }}
            as velocity_amount_per_day,
        case
            when rated.won_count + rated.lost_count = 0 then 'no_closed'
            when rated.valued_won_count = 0 then 'no_won'
            when coalesce(rated.cycle_mean_days, 0) = 0 then 'no_cycle'
        end as velocity_reason
    from rated
    inner join periods on rated.period_no = periods.period_no
    inner join scopes on rated.scope_no = scopes.scope_no
    inner join line_names on rated.line_no = line_names.line_no
    left join medians
        on
            rated.period_no = medians.period_no and rated.scope_no = medians.scope_no
            and rated.line_no = medians.line_no
)

select * from final
