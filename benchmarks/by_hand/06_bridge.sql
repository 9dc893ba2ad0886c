-- Open deals expected to close in the running quarter, week by week: what came, moved, won, lost.
create table bridge_week as
select weeks.period_start, weeks.period_end, weeks.period_label, weeks.period_start - 1 as begin_on,
    least(weeks.period_end, getvariable('as_of')) as end_on, quarters.period_label as target_period_label,
    quarters.period_start as target_start, quarters.period_end as target_end
from period as weeks
inner join period as quarters
    on weeks.period_type = 'week' and quarters.period_type = 'quarter'
    and least(weeks.period_end, getvariable('as_of')) between quarters.period_start and quarters.period_end
where weeks.period_start <= getvariable('as_of') and weeks.period_end >= (select min(valid_from) from segment);

create table marts.mart_pipeline_bridge as
with begun as (
    select period_start, opportunity_id, leaf_no, expected_close_on, original_amount, currency
    from bridge_week inner join segment on valid_from <= begin_on and valid_before > begin_on
    where standing = 'open'
),
ended as (
    select period_start, opportunity_id, leaf_no, expected_close_on, original_amount, currency, standing
    from bridge_week
    inner join segment on valid_from <= end_on and valid_before > end_on and (standing = 'open' or valid_from > begin_on)
),
firsts as (
    select opportunity_id, min(valid_from) as first_on from segment group by 1
),
deals as (
    select
        coalesce(begun.period_start, ended.period_start) as period_start, begun.opportunity_id is not null as was_open,
        coalesce(begun.opportunity_id, ended.opportunity_id) as opportunity_id,
        ended.standing, coalesce(begun.leaf_no, ended.leaf_no) as from_leaf, coalesce(ended.leaf_no, begun.leaf_no) as to_leaf,
        begun.expected_close_on as from_close_on, ended.expected_close_on as to_close_on,
        begun.original_amount as from_amount, ended.original_amount as to_amount,
        coalesce(begun.currency, ended.currency) as currency
    from begun
    full outer join ended
        on begun.period_start = ended.period_start and begun.opportunity_id = ended.opportunity_id
),
valued as (
    select
        deals.*,
        coalesce(from_close_on between target_start and target_end, false) as was_due,
        coalesce(to_close_on between target_start and target_end, false) as is_due,
        coalesce(from_amount * coalesce(begin_fx.fx_rate, end_fx.fx_rate), 0)::decimal(18, 2) as begin_value,
        coalesce(from_amount * end_fx.fx_rate, 0)::decimal(18, 2) as rated_value,
        coalesce(to_amount * end_fx.fx_rate, 0)::decimal(18, 2) as end_value
    from deals
    inner join bridge_week using (period_start)
    left join firsts using (opportunity_id)
    left join fx as begin_fx
        on deals.currency = begin_fx.currency and begin_on >= begin_fx.valid_from and begin_on < begin_fx.valid_before
    left join fx as end_fx
        on deals.currency = end_fx.currency and end_on >= end_fx.valid_from and end_on < end_fx.valid_before
    where was_open or standing = 'open' or first_on > begin_on
),
grouped as (
    select period_start, from_leaf, to_leaf, was_open, standing, was_due, is_due, count(*) as n,
        sum(begin_value) as begin_value, sum(rated_value) as rated_value, sum(end_value) as end_value,
        sum(greatest(end_value - rated_value, 0)) as risen, sum(greatest(rated_value - end_value, 0)) as fallen
    from valued where was_due or is_due
    group by 1, 2, 3, 4, 5, 6, 7
),
sided as (
    select grouped.*, scope_no, true as was_here, true as is_here
    from grouped inner join leaf_scope on from_leaf = leaf_no
    where from_leaf = to_leaf
    union all
    select grouped.*, touched.scope_no, touched.was_here, touched.is_here
    from grouped
    inner join (
        select from_leaf, to_leaf, scope_no, bool_or(leaf_no = from_leaf) as was_here, bool_or(leaf_no = to_leaf) as is_here
        from (select from_leaf, to_leaf from grouped where from_leaf <> to_leaf group by all)
        inner join leaf_scope on leaf_no in (from_leaf, to_leaf)
        group by 1, 2, 3
    ) as touched using (from_leaf, to_leaf)
),
lined as (
    select
        period_start, scope_no,
        sum(case when was_open and was_here and was_due then n else 0 end) as begin_count,
        sum(case when was_open and was_here and was_due then begin_value else 0 end) as begin_amount,
        sum(case when was_open and was_here and was_due then rated_value - begin_value else 0 end) as fx_amount,
        sum(case when not was_open and is_here and is_due then n else 0 end) as new_count,
        sum(case when not was_open and is_here and is_due then end_value else 0 end) as new_amount,
        sum(case when was_open and is_here and is_due and not was_due then n else 0 end) as moved_in_count,
        sum(case when was_open and is_here and is_due and not was_due then rated_value else 0 end) as moved_in_amount,
        sum(case when was_open and is_here and not was_here and was_due then n else 0 end) as transfer_in_count,
        sum(case when was_open and is_here and not was_here and was_due then rated_value else 0 end) as transfer_in_amount,
        sum(case when was_open and is_here and is_due then risen else 0 end) as increase_amount,
        sum(case when was_open and is_here and is_due then fallen else 0 end) as decrease_amount,
        sum(case when was_open and is_here and was_due and not is_due then n else 0 end) as moved_out_count,
        sum(case when was_open and is_here and was_due and not is_due then rated_value else 0 end) as moved_out_amount,
        sum(case when was_open and was_here and not is_here and was_due then n else 0 end) as transfer_out_count,
        sum(case when was_open and was_here and not is_here and was_due then rated_value else 0 end) as transfer_out_amount,
        sum(case when is_here and is_due and standing = 'won' then n else 0 end) as won_count,
        sum(case when is_here and is_due and standing = 'won' then end_value else 0 end) as won_amount,
        sum(case when is_here and is_due and standing = 'lost' then n else 0 end) as lost_count,
        sum(case when is_here and is_due and standing = 'lost' then end_value else 0 end) as lost_amount,
        0 as deleted_count, 0 as deleted_amount,
        sum(case when is_here and is_due and standing = 'open' then n else 0 end) as end_count,
        sum(case when is_here and is_due and standing = 'open' then end_value else 0 end) as end_amount
    from sided
    group by 1, 2
)
select
    period_start as week_start, period_end as week_end, period_label as week_label, scope_type, scope_id, scope_name,
    target_period_label, begin_count::bigint as begin_count, to_money(begin_amount) as begin_amount,
    to_money(fx_amount) as fx_amount, new_count::bigint as new_count, to_money(new_amount) as new_amount,
    moved_in_count::bigint as moved_in_count, to_money(moved_in_amount) as moved_in_amount,
    transfer_in_count::bigint as transfer_in_count, to_money(transfer_in_amount) as transfer_in_amount,
    to_money(increase_amount) as increase_amount, to_money(decrease_amount) as decrease_amount,
    moved_out_count::bigint as moved_out_count, to_money(moved_out_amount) as moved_out_amount,
    transfer_out_count::bigint as transfer_out_count, to_money(transfer_out_amount) as transfer_out_amount,
    won_count::bigint as won_count, to_money(won_amount) as won_amount,
    lost_count::bigint as lost_count, to_money(lost_amount) as lost_amount,
    deleted_count::bigint as deleted_count, to_money(deleted_amount) as deleted_amount,
    end_count::bigint as end_count, to_money(end_amount) as end_amount,
    (begin_count + new_count + moved_in_count + transfer_in_count - moved_out_count - transfer_out_count - won_count
        - lost_count - deleted_count - end_count)::bigint as residual_count,
    to_money(begin_amount + fx_amount + new_amount + moved_in_amount + transfer_in_amount + increase_amount - decrease_amount
        - moved_out_amount - transfer_out_amount - won_amount - lost_amount - deleted_amount - end_amount) as residual_amount,
    0::bigint as unconverted_count
from lined
inner join bridge_week using (period_start)
inner join scope using (scope_no);
