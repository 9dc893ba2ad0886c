-- Deals by how they ended: win rates, reasons for losing, and what open deals are stuck.
create table marts.mart_win_rate as
with closed as (
    select leaf_no, segment.lead_source, deals.closed_on, deals.outcome, deals.amount,
        case when deals.outcome = 'won' then deals.cycle_days end as cycle_days
    from marts.fct_opportunity as deals
    inner join segment using (opportunity_id)
    where deals.outcome <> 'open' and deals.closed_on <= getvariable('as_of')
        and segment.outcome = deals.outcome and segment.part_no = 1
),
leaf_figure as (
    select period_type, period_start, leaf_no, lead_source, cycle_days,
        count(*) filter (outcome = 'won') as won_count, count(*) filter (outcome = 'lost') as lost_count,
        coalesce(sum(amount) filter (outcome = 'won'), 0) as won_amount,
        coalesce(sum(amount) filter (outcome = 'lost'), 0) as lost_amount,
        count(cycle_days) as cycle_count, 0 as qualified_count
    from closed inner join period_day on closed_on = date_day
    group by 1, 2, 3, 4, 5
    union all
    select period_type, period_start, leaf_no, lead_source, null, 0, 0, 0, 0, 0, count(*)
    from segment
    inner join period
        on period_start <= getvariable('as_of')
        and valid_from <= least(period_end, getvariable('as_of')) and valid_before > least(period_end, getvariable('as_of'))
    where standing = 'open' and stage_order >= 2
    group by 1, 2, 3, 4
),
scoped as (
    select period_type, period_start, scope_no, product_line, lead_source, tier, cycle_days, sum(won_count) as won_count,
        sum(lost_count) as lost_count, sum(won_amount) as won_amount, sum(lost_amount) as lost_amount,
        sum(cycle_count) as cycle_count, sum(qualified_count) as qualified_count
    from leaf_figure
    inner join leaf using (leaf_no)
    inner join leaf_scope using (leaf_no)
    group by all
),
-- One dimension broken down at a time.
broken_down as (
    select period_type, period_start, scope_no, coalesce(product_line, '(all)') as product_line,
        coalesce(lead_source, '(all)') as lead_source, coalesce(tier, '(all)') as tier, cycle_days,
        sum(won_count) as won_count, sum(lost_count) as lost_count, sum(won_amount) as won_amount,
        sum(lost_amount) as lost_amount, sum(cycle_count) as cycle_count, sum(qualified_count) as qualified_count
    from scoped
    group by grouping sets (
        (period_type, period_start, scope_no, cycle_days),
        (period_type, period_start, scope_no, cycle_days, product_line),
        (period_type, period_start, scope_no, cycle_days, lead_source),
        (period_type, period_start, scope_no, cycle_days, tier)
    )
),
climbed as (
    select *,
        sum(cycle_count) over (cell order by cycle_days nulls last) as reached,
        sum(cycle_count) over cell as total
    from broken_down
    window cell as (partition by period_type, period_start, scope_no, product_line, lead_source, tier)
),
rated as (
    select period_type, period_start, scope_no, product_line, lead_source, tier,
        sum(won_count) as won_count, sum(lost_count) as lost_count, sum(won_amount) as won_amount,
        sum(lost_amount) as lost_amount, sum(cycle_count) as cycle_count, sum(qualified_count) as qualified_count,
        (min(cycle_days) filter (cycle_days is not null and reached * 2 >= total)
            + min(cycle_days) filter (cycle_days is not null and reached * 2 > total)) * 0.5 as cycle_median_days,
        divided(sum(cycle_days * cycle_count), sum(cycle_count)) as cycle_mean_days,
        divided(sum(won_count), sum(won_count) + sum(lost_count)) as win_rate,
        divided(sum(won_amount), sum(won_count)) as average_won
    from climbed
    group by 1, 2, 3, 4, 5, 6
)
select
    period_type, period_start, period_end, period_label, scope_type, scope_id, scope_name, product_line, lead_source, tier,
    won_count::bigint as won_count, lost_count::bigint as lost_count, to_money(won_amount) as won_amount,
    to_money(lost_amount) as lost_amount, published_rate(win_rate) as win_rate,
    published_rate(divided(won_amount, won_amount + lost_amount)) as win_rate_amount,
    case when won_count + lost_count = 0 then 'no_closed' end as win_rate_reason,
    case when won_count + lost_count = 0 then 'no_closed' when won_amount + lost_amount = 0 then 'no_amount' end
        as win_rate_amount_reason,
    to_money(average_won) as average_won_amount, cycle_median_days::double as cycle_median_days,
    published_rate(cycle_mean_days) as cycle_mean_days, cycle_count::bigint as cycle_count,
    qualified_count::bigint as qualified_count,
    to_money(divided(qualified_count * win_rate * average_won, cycle_mean_days)) as velocity_amount_per_day,
    case
        when won_count + lost_count = 0 then 'no_closed' when won_count = 0 then 'no_won'
        when coalesce(cycle_mean_days, 0) = 0 then 'no_cycle'
    end as velocity_reason
from rated
inner join period using (period_type, period_start)
inner join scope using (scope_no);

create table marts.mart_loss_reason as
with lost as (
    select leaf_no, deals.closed_on, coalesce(former.stage, 'unknown') as stage,
        coalesce(loss_reason, 'unknown') as loss_reason, coalesce(competitor, 'unknown') as competitor,
        coalesce(deals.amount, 0) as amount
    from marts.fct_opportunity as deals
    inner join segment on deals.opportunity_id = segment.opportunity_id and segment.outcome = 'lost' and part_no = 1
    left join marts.fct_stage_visit as former
        on segment.opportunity_id = former.opportunity_id and segment.visit_no = former.visit_no + 1
    where deals.outcome = 'lost' and deals.closed_on <= getvariable('as_of')
),
leaf_figure as (
    select period_type, period_start, leaf_no, stage, loss_reason, competitor, count(*) as deal_count, sum(amount) as amount
    from lost inner join period_day on closed_on = date_day
    group by all
),
scoped as (
    select period_type, period_start, scope_no, stage, loss_reason, competitor, sum(deal_count) as deal_count, sum(amount) as amount
    from leaf_figure inner join leaf_scope using (leaf_no)
    group by all
),
staged as (
    select period_type, period_start, scope_no, coalesce(stage, '(all)') as stage, loss_reason, competitor,
        sum(deal_count) as deal_count, sum(amount) as amount
    from scoped
    group by grouping sets (
        (period_type, period_start, scope_no, stage, loss_reason, competitor),
        (period_type, period_start, scope_no, loss_reason, competitor)
    )
),
shared as (
    select *, sum(deal_count) over cell as all_count, sum(amount) over cell as all_amount
    from staged
    window cell as (partition by period_type, period_start, scope_no, stage)
),
ordered as (
    select *, lag(period_start) over (partition by period_type order by period_start) as previous_start from period
)
select
    shared.period_type, shared.period_start, period_end, period_label, scope_type, scope_id, scope_name, 'lost' as kind,
    shared.stage, shared.loss_reason, shared.competitor, shared.deal_count::bigint as lost_count,
    to_money(shared.amount) as lost_amount, 0::bigint as delayed_count, 0::decimal(18, 2) as delayed_amount,
    0::bigint as delay_times, 0::bigint as delay_days,
    published_rate(divided(shared.deal_count, shared.all_count)) as count_share,
    published_rate(divided(shared.amount, shared.all_amount)) as amount_share,
    coalesce(previous.deal_count, 0)::bigint as previous_count, to_money(coalesce(previous.amount, 0)) as previous_amount,
    (shared.deal_count - coalesce(previous.deal_count, 0))::bigint as count_change,
    published_rate(divided(previous.deal_count, previous.all_count)) as previous_count_share
from shared
inner join ordered using (period_type, period_start)
inner join scope using (scope_no)
left join shared as previous
    on shared.period_type = previous.period_type and ordered.previous_start = previous.period_start
    and shared.scope_no = previous.scope_no and shared.stage = previous.stage
    and shared.loss_reason = previous.loss_reason and shared.competitor = previous.competitor;
