-- What came into each stage and what left it, week by week and month by month; open deals week by week.
create table flow_period as
select *, least(period_end, getvariable('as_of')) as last_on, period_start - 1 as begin_on
from period
where period_type in ('week', 'month') and period_start <= getvariable('as_of')
    and period_end >= (select min(valid_from) from segment where outcome = 'open');

create table open_segment as
select *, coalesce(amount, 0)::decimal(18, 2) as cents from segment where outcome = 'open';

create table marts.mart_funnel_flow as
with next_visit as (
    select opportunity_id, visit_no, stage_order,
        lead(outcome) over w as next_outcome, lead(stage_order) over w as next_order, lead(is_step_back) over w as next_back
    from marts.fct_stage_visit
    window w as (partition by opportunity_id order by visit_no)
),
exits as (
    select open_segment.*,
        case
            when next_outcome = 'won' then 'advance' when next_outcome = 'lost' then 'lost'
            when next_back then 'back' when next_order > next_visit.stage_order then 'advance' else 'out_other'
        end as exit_kind
    from open_segment inner join next_visit using (opportunity_id, visit_no)
    where part_no = part_count and valid_before <= getvariable('as_of')
),
handed_on as (
    select former.stage_order, latter.valid_from as posted_on, former.leaf_no as from_leaf, latter.leaf_no as to_leaf, former.cents
    from open_segment as former
    inner join open_segment as latter
        on former.opportunity_id = latter.opportunity_id and former.visit_no = latter.visit_no
        and former.part_no + 1 = latter.part_no
    where latter.part_no > 1 and former.leaf_no <> latter.leaf_no
),
posted as (
    select stage_order, leaf_no, valid_from as posted_on, 'in' as line, count(*) as n, sum(cents) as amount
    from open_segment where part_no = 1 group by all
    union all
    select stage_order, leaf_no, valid_before, exit_kind, count(*), sum(cents) from exits group by all
),
leaf_period as (
    select stage_order, period_type, period_start, leaf_no,
        sum(case when line = 'in' then n else 0 end) as in_count, sum(case when line = 'in' then amount else 0 end) as in_amount,
        sum(case when line = 'advance' then n else 0 end) as advance_count,
        sum(case when line = 'advance' then amount else 0 end) as advance_amount,
        sum(case when line = 'lost' then n else 0 end) as lost_count, sum(case when line = 'lost' then amount else 0 end) as lost_amount,
        sum(case when line = 'back' then n else 0 end) as back_count, sum(case when line = 'back' then amount else 0 end) as back_amount,
        sum(case when line = 'out_other' then n else 0 end) as out_other_count,
        sum(case when line = 'out_other' then amount else 0 end) as out_other_amount
    from posted
    inner join period_day on posted_on = date_day and period_type in ('week', 'month')
    group by all
),
met as (
    select stage_order, posted_on, scope_no, from_leaf, to_leaf, cents, sum(is_from) as from_count, sum(is_to) as to_count
    from (
        select handed_on.*, scope_no, 1 as is_from, 0 as is_to from handed_on inner join leaf_scope on from_leaf = leaf_no
        union all
        select handed_on.*, scope_no, 0, 1 from handed_on inner join leaf_scope on to_leaf = leaf_no
    )
    group by all
),
transfers as (
    select stage_order, period_type, period_start, scope_no,
        sum(case when from_count = 0 then to_count else 0 end) as in_count,
        sum(case when from_count = 0 then to_count * cents else 0 end) as in_amount,
        sum(case when to_count = 0 then from_count else 0 end) as out_other_count,
        sum(case when to_count = 0 then from_count * cents else 0 end) as out_other_amount
    from met inner join period_day on posted_on = date_day and period_type in ('week', 'month')
    group by all
),
stock_day as (
    select last_on as stock_on from flow_period union select begin_on from flow_period
),
leaf_stock as (
    select stage_order, stock_on, leaf_no, count(*) as n, sum(cents) as amount
    from open_segment
    inner join stock_day on valid_from <= stock_on and valid_before > stock_on
    group by all
),
stock as (
    select stage_order, stock_on, scope_no, sum(n) as n, sum(amount) as amount
    from leaf_stock inner join leaf_scope using (leaf_no)
    group by all
),
moved as (
    select stage_order, period_type, period_start, scope_no, sum(in_count) as in_count, sum(in_amount) as in_amount,
        sum(advance_count) as advance_count, sum(advance_amount) as advance_amount, sum(lost_count) as lost_count,
        sum(lost_amount) as lost_amount, sum(back_count) as back_count, sum(back_amount) as back_amount,
        sum(out_other_count) as out_other_count, sum(out_other_amount) as out_other_amount
    from leaf_period inner join leaf_scope using (leaf_no)
    group by all
),
entries as (
    select *, 0 as begin_count, 0 as begin_amount, 0 as end_count, 0 as end_amount from moved
    union all by name
    select * from transfers
    union all by name
    select stage_order, period_type, period_start, scope_no, n as begin_count, amount as begin_amount
    from stock inner join flow_period on stock_on = begin_on
    union all by name
    select stage_order, period_type, period_start, scope_no, n as end_count, amount as end_amount
    from stock inner join flow_period on stock_on = last_on
),
summed as (
    select stage_order, period_type, period_start, scope_no, sum(columns(* exclude (stage_order, period_type, period_start, scope_no)))
    from entries group by all
),
filled as (
    select stage_order, period_type, period_start, scope_no,
        coalesce(columns(* exclude (stage_order, period_type, period_start, scope_no)), 0)
    from summed
)
select
    'default' as pipeline, stage, filled.stage_order::bigint as stage_order, period_type, period_start, period_end, period_label,
    scope_type, scope_id, scope_name,
    begin_count::bigint as begin_count, to_money(begin_amount) as begin_amount,
    in_count::bigint as in_count, to_money(in_amount) as in_amount,
    advance_count::bigint as advance_count, to_money(advance_amount) as advance_amount,
    lost_count::bigint as lost_count, to_money(lost_amount) as lost_amount,
    back_count::bigint as back_count, to_money(back_amount) as back_amount,
    out_other_count::bigint as out_other_count, to_money(out_other_amount) as out_other_amount,
    end_count::bigint as end_count, to_money(end_amount) as end_amount,
    (begin_count + in_count - advance_count - lost_count - back_count - out_other_count - end_count)::bigint as residual_count,
    to_money(begin_amount + in_amount - advance_amount - lost_amount - back_amount - out_other_amount - end_amount) as residual_amount,
    published_rate(divided(advance_count, in_count)) as flow_rate,
    case when in_count = 0 then 'no_entries' end as flow_rate_reason
from filled
inner join flow_period using (period_type, period_start)
inner join scope using (scope_no)
inner join stage on filled.stage_order = stage.stage_order;
