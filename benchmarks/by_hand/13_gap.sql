-- What is missing and why: gaps against targets, split among volume, conversion, deal size and mix (Shapley values).
-- A unit is a deal (for money signed and new customers) or a customer that owes (for money collected); calls and contacts are
-- counted as they are. Nobody has planned drivers here, and every order names a deal: no direct bookings, no plan mismatch.
create table gap_period as
with numbered as (
    select *, row_number() over (partition by period_type order by period_start) as period_no,
        count(*) filter (is_closed) over (partition by period_type) as last_closed_no
    from figure_period
),
aimed as (
    select distinct period_type, period_start from marts.mart_target_attainment where is_in_force and target is not null
)
select numbered.* exclude (last_closed_no), aimed.period_start is not null as has_target,
    case when has_target then least(period_no - 1, last_closed_no) end as base_last_no
from numbered left join aimed using (period_type, period_start);
create table gap_span as
select period_type, base_last_no, max(period_no) filter (is_started) as last_no from gap_period where has_target group by all;

-- Which period of each type a day lies in, where the period is explained or is the history of one that is.
create table gap_day as
select period_type, date_day, period_no from gap_period inner join period_day using (period_type, period_start)
where is_started and date_day <= getvariable('as_of');
create table gap_period_used as
select distinct period_type, period_no from gap_period where has_target and is_started
union
select distinct period_type, unnest(range(base_last_no - 3, base_last_no + 1)) from gap_span;

create table gap_frame as
select metric, period_type, period_start, period_end, gap_period.period_label, period_no, base_last_no, is_started, is_closed, scope_type,
    scope_id, attainment.scope_name, scope_no, target, target_to_date, actual, gap, gap_to_date, is_money,
    case when metric = 'collected_amount' then 'debtor' when metric in ('signed_amount', 'new_customer_count') then 'opportunity'
        else 'record' end as driver_basis,
    case when scope_type like '%\_product\_line' escape '\' then split_part(scope_id, '|', 2) end as wider_line,
    coalesce((select min(wider.scope_no) from figure_scope as wider
        where wider.scope_type = 'product_line' and wider.scope_id = wider_line),
        (select min(whole.scope_no) from figure_scope as whole where whole.scope_type = 'company')) as wider_scope_no
from marts.mart_target_attainment as attainment
inner join gap_period using (period_type, period_start, period_end)
inner join metric_rule using (metric)
left join figure_scope using (scope_type, scope_id)
where attainment.is_in_force and target is not null;

create table booking_leaf as
select bookings.*, figure_leaf_no from marts.fct_booking as bookings
inner join figure_leaf using (person_id, org_path, team, region, product_line, customer_type, tier);

-- In reach: a deal while it stands open, a customer from the day that an instalment is due until it is paid.
-- DuckDB 2.0.0 ends this statement at M with an internal error of its own (ADR 102).
set enable_caching_operators = false;
create table gap_unit as
with reach as (
    select 'opportunity' as basis, opportunity_id as unit, figure_leaf_no, valid_from as from_on,
        least(valid_before - 1, getvariable('as_of')) as to_on
    from segment
    inner join (
        select leaf_no, figure_leaf_no
        from leaf inner join figure_leaf using (person_id, org_path, team, region, product_line, customer_type, tier)
    ) using (leaf_no)
    where standing = 'open'
    union all
    select 'debtor', places.customer_id, figure_leaf_no, least(due_on, paid_in_full_on),
        least(coalesce(paid_in_full_on, getvariable('as_of')), getvariable('as_of'))
    from marts.mart_receivable
    inner join (select distinct order_id, customer_id, figure_leaf_no from booking_leaf) as places using (order_id)
),
present as (
    select basis, unit, figure_leaf_no, since.period_type, unnest(range(since.period_no, until.period_no + 1)) as period_no
    from (select * from reach where from_on <= to_on)
    inner join gap_day as since on from_on = since.date_day
    inner join gap_day as until on to_on = until.date_day and since.period_type = until.period_type
),
new_customer as (
    select turns.booked_on as event_on, turns.effective_step as step, own.opportunity_id as unit, credited.figure_leaf_no
    from new_customer_turn as turns
    inner join booking_leaf as own on own_entry = own.booking_entry_id
    inner join booking_leaf as credited on credited_entry = credited.booking_entry_id
),
moved as (
    select 'opportunity' as basis, opportunity_id as unit, figure_leaf_no, booked_on as on_day, amount as signed, 0 as gained,
        0 as collected from booking_leaf
    union all
    select 'opportunity', unit, figure_leaf_no, event_on, 0, step, 0 from new_customer
    union all
    select 'debtor', customer_id, figure_leaf_no, received_on, 0, 0, amount
    from marts.fct_collection
    inner join figure_leaf using (person_id, org_path, team, region, product_line, customer_type, tier)
),
every_part as (
    select basis, period_type, period_no, unit, figure_leaf_no, 1 as reach, 0 as signed, 0 as gained, 0 as collected
    from present semi join gap_period_used using (period_type, period_no)
    union all
    select basis, period_type, period_no, unit, figure_leaf_no, 0, signed, gained, collected
    from moved inner join gap_day on on_day = date_day semi join gap_period_used using (period_type, period_no)
)
select basis, period_type, period_no, unit, figure_leaf_no,
    (max(reach) = 1 or sum(signed) > 0 or sum(gained) > 0 or sum(collected) > 0)::int as reach,
    sum(signed)::decimal(18, 4) as signed, sum(gained)::decimal(18, 4) as gained, sum(collected)::decimal(18, 4) as collected
from every_part group by all;

reset enable_caching_operators;

-- What was in reach and won by scope: units of one leaf are added up there, those of several are netted in each scope.
create table gap_cell as
with placed as (
    select basis, period_type, period_no, unit, count(*) as leaf_count, any_value(figure_leaf_no) as only_leaf_no,
        any_value(reach) as reach, any_value(signed) as signed, any_value(gained) as gained, any_value(collected) as collected
    from gap_unit group by 1, 2, 3, 4
),
kinds as (
    select placed.*, coalesce(deals.product_line, '(all)') as product_line,
        if(period_type = 'week', '(all)', if(first_on < period_start, 'existing', 'new')) as customer_kind,
        if(period_type = 'week', '(all)', coalesce(deals.lead_source, customers.lead_source, 'unknown')) as channel
    from placed
    inner join gap_period using (period_type, period_no)
    left join marts.fct_opportunity as deals on basis = 'opportunity' and unit = deals.opportunity_id
    left join src_account as customers on coalesce(deals.customer_id, unit) = customers.account_id
    left join (select customer_id, min(booked_on) as first_on from booking_leaf where effective_step = 1 group by 1) as firsts
        on coalesce(deals.customer_id, unit) = firsts.customer_id
),
scopes as (
    select *, scope_type like '%product\_line' escape '\' as by_line,
        scope_type like '%\_product\_line' escape '\' as is_pair
    from figure_leaf_scope inner join figure_scope using (scope_no)
),
alone as (
    select basis, period_type, period_no, only_leaf_no as figure_leaf_no, product_line, customer_kind, channel, sum(reach) as reach,
        count(*) filter (signed > 0) as signed_n, coalesce(sum(signed) filter (signed > 0), 0) as signed_won,
        coalesce(sum(signed) filter (signed < 0), 0) as signed_back,
        coalesce(sum(gained) filter (gained > 0), 0) as gained_won, coalesce(sum(gained) filter (gained < 0), 0) as gained_back,
        count(*) filter (collected > 0) as collected_n, coalesce(sum(collected) filter (collected > 0), 0) as collected_won,
        coalesce(sum(collected) filter (collected < 0), 0) as collected_back
    from kinds where leaf_count = 1 group by all
),
spread as (
    select units.basis, units.period_type, units.period_no, scope_no, any_value(by_line) as by_line, any_value(is_pair) as is_pair,
        units.unit, any_value(product_line) as product_line, any_value(customer_kind) as customer_kind, any_value(channel) as channel,
        max(units.reach) as reach, sum(units.signed) as signed, sum(units.gained) as gained, sum(units.collected) as collected
    from gap_unit as units
    inner join kinds on kinds.leaf_count > 1 and units.basis = kinds.basis and units.period_type = kinds.period_type
        and units.period_no = kinds.period_no and units.unit = kinds.unit
    inner join scopes using (figure_leaf_no)
    group by units.basis, units.period_type, units.period_no, scope_no, units.unit
),
both_kinds as (
    select basis, period_type, period_no, scope_no, by_line, is_pair, product_line, customer_kind, channel,
        columns(alone.* exclude (basis, period_type, period_no, figure_leaf_no, product_line, customer_kind, channel))
    from alone inner join scopes using (figure_leaf_no)
    union all
    select basis, period_type, period_no, scope_no, by_line, is_pair, product_line, customer_kind, channel, reach,
        (signed > 0)::int, greatest(signed, 0), least(signed, 0), greatest(gained, 0), least(gained, 0),
        (collected > 0)::int, greatest(collected, 0), least(collected, 0)
    from spread
),
segmented as (
    select basis, period_type, period_no, scope_no,
        case grouping_id(product_line, customer_kind, channel) when 3 then 'product_line' when 5 then 'customer_kind' else 'channel' end
            as segment_by,
        coalesce(product_line, customer_kind, channel) as segment_id,
        sum(columns(both_kinds.* exclude (basis, period_type, period_no, scope_no, by_line, is_pair, product_line, customer_kind, channel)))
    from (
        select * exclude (product_line, customer_kind, channel), if(by_line, '(all)', product_line) as product_line,
            if(is_pair, '(all)', customer_kind) as customer_kind, if(is_pair, '(all)', channel) as channel
        from both_kinds
    ) as both_kinds
    group by grouping sets (
        (basis, period_type, period_no, scope_no, is_pair, product_line),
        (basis, period_type, period_no, scope_no, is_pair, customer_kind),
        (basis, period_type, period_no, scope_no, is_pair, channel)
    )
    having grouping_id(product_line, customer_kind, channel) = 3 or (period_type <> 'week' and not is_pair)
)
select 'signed_amount' as metric, period_type, period_no, scope_no, segment_by, segment_id, reach::double as reach,
    signed_n::double as won, signed_won as value, signed_back as back
from segmented where basis = 'opportunity'
union all
select 'new_customer_count', period_type, period_no, scope_no, segment_by, segment_id, reach, gained_won, gained_won, gained_back
from segmented where basis = 'opportunity'
union all
select 'collected_amount', period_type, period_no, scope_no, segment_by, segment_id, reach, collected_n, collected_won, collected_back
from segmented where basis = 'debtor';

-- The four closed periods before: where derived plans take their rates from.
create table gap_base as
select metric, period_type, base_last_no, scope_no, segment_by, segment_id, sum(reach) as reach, sum(won) as won,
    sum(value) as value
from gap_cell inner join gap_span using (period_type)
where period_no <= base_last_no and period_no > base_last_no - 4
group by all;
create table gap_base_total as
select metric, period_type, base_last_no, scope_no, sum(reach) as reach, sum(won) as won, sum(value) as value
from gap_base where segment_by = 'product_line' group by all;

-- Plan (0) and fact (1) of each segment: its share of what is in reach, its rate of winning, what a win is worth.
create table gap_segment as
with sourced as (
    select frame.*, case when own.value > 0 then frame.scope_no when wider.value > 0 then wider_scope_no end as plan_scope_no
    from gap_frame as frame
    left join gap_base_total as own using (metric, period_type, base_last_no, scope_no)
    left join gap_base_total as wider
        on frame.metric = wider.metric and frame.period_type = wider.period_type and frame.base_last_no = wider.base_last_no
        and wider_scope_no = wider.scope_no
    where is_started and driver_basis <> 'record' and frame.scope_no is not null
),
parts as (
    select sourced.metric, sourced.period_type, period_no, sourced.scope_no, segment_by,
        if(segment_by = 'product_line' and scope_type like '%product\_line' escape '\', '(all)', segment_id) as segment_id,
        reach as reach_0, won as won_0, value as value_0, 0 as reach_1, 0 as won_1, 0 as value_1
    from sourced
    inner join gap_base as bases
        on sourced.metric = bases.metric and sourced.period_type = bases.period_type
        and sourced.base_last_no = bases.base_last_no and plan_scope_no = bases.scope_no
    where segment_by = 'product_line' or scope_type not like '%\_product\_line' escape '\'
    union all
    select metric, period_type, period_no, scope_no, segment_by, segment_id, 0, 0, 0, reach, won, value
    from sourced inner join gap_cell using (metric, period_type, period_no, scope_no)
),
summed as (
    select metric, period_type, period_no, scope_no, segment_by, segment_id, sum(reach_0) as reach_0, sum(won_0) as won_0,
        sum(value_0) as value_0, sum(reach_1) as reach_1, sum(won_1) as won_1, sum(value_1) as value_1
    from parts group by all
),
whole as (
    select summed.*, sum(reach_0) over w as all_reach_0, sum(won_0) over w as all_won_0, sum(value_0) over w as all_value_0,
        sum(reach_1) over w as all_reach_1, sum(won_1) over w as all_won_1, sum(value_1) over w as all_value_1
    from summed window w as (partition by metric, period_type, period_no, scope_no, segment_by)
),
planned as (
    select whole.*, plan_scope_no is not null as has_history,
        case when plan_scope_no = scope_no then 'own_history' when plan_scope_no is not null then 'wider_history'
            when all_value_1 > 0 then 'own_period' else 'none' end as plan_source,
        if(target = 0, 1, divided(target_to_date, target)) as due_rate,
        if(target = 0, target_to_date, target)::double as plan_target,
        case when has_history then divided(all_won_0, all_reach_0) end as conversion_0,
        case when has_history then divided(all_value_0, all_won_0) end as deal_value_0,
        due_rate * divided(won_0, reach_0) as own_rate, divided(value_0, won_0) as own_value,
        divided(won_1, reach_1) as fact_rate, divided(value_1, won_1) as fact_value
    from whole inner join sourced using (metric, period_type, period_no, scope_no)
)
select metric, period_type, period_no, scope_no, segment_by, segment_id, plan_source, due_rate, conversion_0, deal_value_0,
    all_reach_1 as reach_1, all_won_1 as won_1, all_value_1 as value_1,
    case
        when has_history then divided(plan_target, conversion_0 * deal_value_0)
        when plan_source = 'own_period'
            then divided(plan_target * due_rate, divided(all_won_1, all_reach_1) * divided(all_value_1, all_won_1))
    end as reach_0,
    coalesce(if(has_history, divided(reach_0, all_reach_0), divided(reach_1, all_reach_1)), 0) as s0,
    coalesce(if(all_reach_1 > 0, divided(reach_1, all_reach_1), if(has_history, divided(reach_0, all_reach_0), null)), 0) as s1,
    coalesce(own_rate, fact_rate, 0) as r0, coalesce(if(all_reach_1 > 0, fact_rate, null), own_rate, 0) as r1,
    coalesce(own_value, fact_value, 0) as v0, coalesce(fact_value, own_value, 0) as v1
from planned;

-- V = N · Σ share · rate · value. What one factor makes of the fall, whatever the order in which the others fell.
create macro factor_effect(n0, n1, d00, d01, d10, d11) as
    n0 * (d00 / 4 + (d01 + d10 + d11) / 12) + n1 * (d11 / 4 + (d00 + d01 + d10) / 12);
create table gap_effect as
with sums as (
    select metric, period_type, period_no, scope_no, any_value(plan_source) as plan_source, any_value(due_rate) as due_rate,
        any_value(conversion_0) as conversion_0, any_value(deal_value_0) as deal_value_0, any_value(reach_0) as n0,
        any_value(reach_1) as n1, any_value(won_1) as won_1, any_value(value_1) as value_1,
        sum((s0 * r0 * v0)::decimal(38, 18))::double as x000, sum((s0 * r0 * v1)::decimal(38, 18))::double as x001,
        sum((s0 * r1 * v0)::decimal(38, 18))::double as x010, sum((s0 * r1 * v1)::decimal(38, 18))::double as x011,
        sum((s1 * r0 * v0)::decimal(38, 18))::double as x100, sum((s1 * r0 * v1)::decimal(38, 18))::double as x101,
        sum((s1 * r1 * v0)::decimal(38, 18))::double as x110, sum((s1 * r1 * v1)::decimal(38, 18))::double as x111
    from gap_segment where segment_by = 'product_line' group by 1, 2, 3, 4
),
back as (
    select metric, period_type, period_no, scope_no, sum(back) as reversal from gap_cell where segment_by = 'product_line' group by all
    having sum(back) <> 0
)
select frame.*, case when driver_basis = 'record' then 'record' else coalesce(plan_source, 'none') end as plan_source,
    due_rate, conversion_0, deal_value_0, if(plan_source <> 'none', n0, null) as n0, coalesce(n1, 0) as n1, coalesce(won_1, 0) as won_1,
    coalesce(value_1, 0) as value_1, coalesce(reversal, 0)::double as reversal,
    coalesce(if(plan_source <> 'none', (n0 - n1) * ((x000 + x111) / 4 + (x001 + x010 + x100 + x011 + x101 + x110) / 12), null),
        (gap_to_date + coalesce(reversal, 0))::double) as volume,
    if(plan_source <> 'none', factor_effect(n0, n1, x000 - x100, x001 - x101, x010 - x110, x011 - x111), 0) as mix,
    if(plan_source <> 'none', factor_effect(n0, n1, x000 - x010, x001 - x011, x100 - x110, x101 - x111), 0) as conversion,
    if(plan_source <> 'none', factor_effect(n0, n1, x000 - x001, x010 - x011, x100 - x101, x110 - x111), 0) as deal_size
from gap_frame as frame
left join sums using (metric, period_type, period_no, scope_no)
left join back using (metric, period_type, period_no, scope_no)
where is_started;

create table gap_contribution as
with factors as (
    select metric, period_type, period_no, scope_type, scope_id, 1 as factor_no,
        if(driver_basis = 'record', target_to_date::double, n0) as plan_value, if(driver_basis = 'record', actual::double, n1) as fact_value,
        volume as effect
    from gap_effect
    union all
    select metric, period_type, period_no, scope_type, scope_id, 2,
        if(plan_source in ('own_period', 'none'), divided(won_1, n1), conversion_0 * due_rate), divided(won_1, n1), conversion
    from gap_effect where driver_basis <> 'record'
    union all
    select metric, period_type, period_no, scope_type, scope_id, 3,
        if(plan_source in ('own_period', 'none'), divided(value_1, won_1), deal_value_0), divided(value_1, won_1), deal_size
    from gap_effect where driver_basis <> 'record' and is_money
    union all
    select metric, period_type, period_no, scope_type, scope_id, 4, null, null, mix from gap_effect where abs(mix) >= 0.005
    union all
    select metric, period_type, period_no, scope_type, scope_id, 6, 0, reversal, -reversal from gap_effect where reversal <> 0
    union all
    select metric, period_type, period_no, scope_type, scope_id, 8, target, target - (gap - gap_to_date), gap - gap_to_date
    from gap_frame where not is_closed
),
rounded as (
    select factors.*, gap, to_money(round(effect::double, 6)) as cents,
        row_number() over (partition by metric, period_type, period_no, scope_type, scope_id
            order by factor_no = 8, abs(cents) desc, factor_no) as place
    from factors inner join gap_frame using (metric, period_type, period_no, scope_type, scope_id)
),
whole as (
    -- What rounding leaves stands in the largest, so that they sum to the gap.
    select * exclude (cents),
        (cents + if(place = 1, gap - sum(cents) over (partition by metric, period_type, period_no, scope_type, scope_id), 0))
            ::decimal(18, 2) as contribution
    from rounded
)
select *,
    case when factor_no < 8 and contribution > 0 then round(divided(contribution,
        sum(if(factor_no < 8 and contribution > 0, contribution, 0)) over w), 3) end as cause_share,
    factor_no < 8 and contribution > 0 and row_number() over (
        w order by if(factor_no < 8, contribution, null) desc nulls last, factor_no) = 1 as is_main
from whole window w as (partition by metric, period_type, period_no, scope_type, scope_id);

-- The stage that let through less than in the four closed periods before, by the most.
create table weakest_stage as
with flows as (
    select 'week' as period_type, period_start, scope_type, scope_id, stage, stage_order, advance_count,
        advance_count + lost_count + back_count as exits
    from marts.mart_funnel_flow where period_type = 'week'
    union all
    select unnest(['month', 'quarter', 'year']),
        unnest([period_start, date_trunc('quarter', period_start)::date, date_trunc('year', period_start)::date]), scope_type,
        scope_id, stage, stage_order, advance_count, advance_count + lost_count + back_count
    from marts.mart_funnel_flow where period_type = 'month'
),
placed as (
    select period_type, period_no, has_target, base_last_no, scope_type, scope_id, stage, stage_order,
        sum(advance_count) as advanced, sum(exits) as exits
    from flows inner join gap_period using (period_type, period_start)
    where exits > 0 group by all
),
bases as (
    select period_type, gap_span.base_last_no, scope_type, scope_id, stage, sum(advanced) as advanced, sum(exits) as exits
    from placed inner join gap_span using (period_type)
    where period_no <= gap_span.base_last_no and period_no > gap_span.base_last_no - 4 group by all
)
select period_type, period_no, scope_type, scope_id, stage as weakest_stage, divided(placed.advanced, placed.exits) as rate,
    divided(bases.advanced, bases.exits) as plan_rate
from placed inner join bases using (period_type, base_last_no, scope_type, scope_id, stage)
where has_target and rate < plan_rate
qualify row_number() over (
    partition by period_type, period_no, scope_type, scope_id order by plan_rate - rate desc, stage_order) = 1;

create macro factor_name(factor_no) as
    ['volume', 'conversion', 'deal_size', 'mix', 'direct', 'adjustment', 'plan_mismatch', 'not_yet_due'][factor_no];
create table marts.mart_gap_cause as
select metric, period_type, period_start, period_end, period_label, scope_type, scope_id, scope_name,
    factor_name(factor_no) as factor, factor_no::bigint as factor_no, 'aggregate' as level,
    published_rate(plan_value) as plan_value, published_rate(fact_value) as fact_value, contribution, cause_share,
    frame.driver_basis, frame.driver_basis <> 'record' as derived_plan, coalesce(effects.plan_source, 'not_started') as plan_source,
    weakest_stage, published_rate(rate) as weakest_stage_rate, published_rate(plan_rate) as weakest_stage_plan_rate
from gap_contribution
inner join gap_frame as frame using (metric, period_type, period_no, scope_type, scope_id)
left join (select metric, period_type, period_no, scope_type, scope_id, plan_source from gap_effect) as effects
    using (metric, period_type, period_no, scope_type, scope_id)
left join weakest_stage
    on factor_no = 2 and frame.driver_basis = 'opportunity' and contribution > 0 and frame.period_type = weakest_stage.period_type
    and frame.period_no = weakest_stage.period_no and frame.scope_type = weakest_stage.scope_type
    and frame.scope_id = weakest_stage.scope_id;

-- Each segment by itself: its own number, rate and value; the mix is what the segments show as volume.
create table marts.mart_gap_cause_segment as
with parts as (
    select *, reach_0 * s0 as p0, reach_1 * s1 as p1 from gap_segment
    where plan_source <> 'none' and segment_id <> '(all)' and period_type <> 'week'
),
effects as (
    select metric, period_type, period_no, scope_no, segment_by, segment_id, unnest([1, 2, 3]) as factor_no,
        unnest([p0, r0, v0]) as plan_value, unnest([p1, r1, v1]) as fact_value,
        to_money(round(unnest([
            (p0 - p1) * ((r0 * v0 + r1 * v1) / 3 + (r0 * v1 + r1 * v0) / 6),
            (r0 - r1) * ((p0 * v0 + p1 * v1) / 3 + (p0 * v1 + p1 * v0) / 6),
            (v0 - v1) * ((p0 * r0 + p1 * r1) / 3 + (p0 * r1 + p1 * r0) / 6)]), 6)) as cents
    from parts where p0 <> 0 or p1 <> 0
),
causes as (
    select metric, period_type, period_no, scope_no, sum(contribution) as contribution
    from gap_contribution inner join figure_scope using (scope_type, scope_id) where factor_no <= 4 group by all
)
select metric, period_type, period_start, period_end, period_label, scope_type, scope_id, scope_name, segment_by, segment_id,
    factor_name(factor_no) as factor, 'leaf' as level, published_rate(plan_value) as plan_value, published_rate(fact_value) as fact_value,
    (cents + if(row_number() over (w order by abs(cents) desc, segment_id, factor_no) = 1, contribution - sum(cents) over w, 0))
        ::decimal(18, 2) as contribution,
    driver_basis
from effects
inner join causes using (metric, period_type, period_no, scope_no)
inner join gap_frame using (metric, period_type, period_no, scope_no)
window w as (partition by metric, period_type, period_no, scope_no, segment_by);

-- The largest regular customer (bought in two of the four quarters before) that has bought nothing since the last of them.
create table lost_customer as
with bought as (
    select period_no, scope_no, customer_id, sum(amount) as amount
    from booking_leaf
    inner join gap_day on booked_on = date_day and period_type = 'quarter'
    inner join figure_leaf_scope using (figure_leaf_no)
    where customer_id <> 'unknown' group by all having sum(amount) > 0
)
select gap_period.period_no, scope_no, customer_id, sum(amount) filter (bought.period_no <= base_last_no) as base_amount
from gap_period
inner join bought on bought.period_no > base_last_no - 4 and bought.period_no <= gap_period.period_no
where period_type = 'quarter' and has_target and is_started
group by gap_period.period_no, base_last_no, scope_no, customer_id
having count(*) filter (bought.period_no <= base_last_no) >= 2 and count(*) filter (bought.period_no >= base_last_no) = 0
qualify row_number() over (partition by gap_period.period_no, scope_no order by base_amount desc, customer_id) = 1;

create macro said(figure, is_money) as case when not is_money and figure = round(figure, 0) then format('{:,.0f}', figure::decimal(18, 2))
    else format('{:,.2f}', figure::decimal(18, 2)) end;
create macro percent(rate) as format('{:,.1f}', round(rate * 100, 1)::decimal(18, 2)) || '%';
-- The least whole multiple of a step that comes up to what is needed.
create macro least_times(guess, needed, each, step) as case
    when ((guess - 1) * step)::decimal(38, 4) * each >= needed then (guess - 1) * step
    when (guess * step)::decimal(38, 4) * each >= needed then guess * step else (guess + 1) * step
end;

create table marts.mart_gap as
with history as (
    select metric, period_type, base_last_no, scope_no, divided(won, reach) as rate, divided(value, won) as worth from gap_base_total
),
-- The first of the periods that have been behind without a break.
streak as (
    select metric, period_type, period_no, scope_type, scope_id, min(period_start) over w as since_on,
        min(period_label) over w as since_label
    from (
        select *, sum((not gap_to_date > 0)::int) over (partition by metric, period_type, scope_type, scope_id order by period_no) as good
        from gap_frame where is_started
    )
    where gap_to_date > 0
    window w as (partition by metric, period_type, scope_type, scope_id, good)
),
joined as (
    select frame.*, scope_id = 'unallocated' or scope_id like 'unallocated|%' as is_seat,
        round(if(frame.is_started, effects.conversion_0, if(own.worth > 0, own.rate, wider.rate)), 12) as rate,
        round(if(frame.is_started, effects.deal_value_0, if(own.worth > 0, own.worth, wider.worth)), 6) as worth,
        coalesce(effects.n1, 0) as reach, coalesce(effects.reversal, 0) as other,
        if(frame.gap > 0 and frame.gap_to_date > 0 and not is_seat, causes.factor_no, null) as cause_no,
        contribution, cause_share, since_on, since_label, weakest.weakest_stage,
        case when metric <> 'signed_amount' then null when frame.period_end < getvariable('as_of') then 0
            else coalesce(weighted_amount, 0) end::decimal(18, 2) as weighted,
        lost.customer_id as lost_id, lost.base_amount
    from gap_frame as frame
    left join (select metric, period_type, period_no, scope_type, scope_id, conversion_0, deal_value_0, n1, reversal, plan_source
        from gap_effect) as effects using (metric, period_type, period_no, scope_type, scope_id)
    left join (select * from gap_contribution where is_main) as causes using (metric, period_type, period_no, scope_type, scope_id)
    left join streak using (metric, period_type, period_no, scope_type, scope_id)
    left join weakest_stage as weakest using (period_type, period_no, scope_type, scope_id)
    left join history as own using (metric, period_type, base_last_no, scope_no)
    left join history as wider
        on frame.metric = wider.metric and frame.period_type = wider.period_type and frame.base_last_no = wider.base_last_no
        and frame.wider_scope_no = wider.scope_no
    left join (select period_type, period_start, scope_type, scope_id, weighted_amount from marts.mart_pipeline_coverage) as coverage
        using (period_type, period_start, scope_type, scope_id)
    left join lost_customer as lost
        on metric = 'signed_amount' and frame.period_type = 'quarter' and frame.period_no = lost.period_no
        and frame.scope_no = lost.scope_no
),
valued as (
    select *, case when cause_no is not null then factor_name(cause_no) end as cause,
        published_rate(rate) as plan_rate, worth::decimal(18, 2) as plan_worth, (rate * worth)::decimal(18, 4) as each,
        (reach * rate)::decimal(18, 6) as wins, (reach * worth)::decimal(18, 2) as all_worth,
        (target - other::decimal(18, 2))::decimal(18, 2) as needed,
        case
            when is_seat then 'unallocated' when gap <= 0 then 'no_gap' when driver_basis = 'record' then 'not_decomposed'
            when coalesce(each, 0) <= 0 then 'insufficient_history'
        end as no_way
    from joined
),
ways as (
    select *,
        coalesce(no_way, if(driver_basis = 'debtor', 'not_by_customers', null)) as no_customers,
        coalesce(no_way, case when not is_money then 'counted' when not is_started then 'not_started'
            when wins <= 0 then 'nothing_in_reach' when needed <= 0 then 'no_gap' end) as no_size,
        coalesce(no_way, case when not is_started then 'not_started' when all_worth <= 0 then 'nothing_in_reach'
            when needed <= 0 then 'no_gap' when needed > all_worth then 'unreachable' end) as no_rate,
        case when driver_basis = 'debtor' and cause in ('conversion', 'deal_size') then 'collections'
            when driver_basis <> 'record' then cause end as action_cause
    from valued
),
answered as (
    select ways.*,
        if(no_customers is null, least_times(ceil(divided(gap, each)), gap, each, 1)::bigint, null) as customers_needed,
        if(no_size is null, least_times(ceil(divided(needed * 100, wins)), needed, wins, 0.01)::decimal(18, 2), null) as size_needed,
        if(no_rate is null, least_times(ceil(divided(needed * 1000, all_worth)), needed, all_worth, 0.001)::decimal(18, 3), null)
            as rate_needed,
        actions.action, coalesce(actions.action_en, actions.action) as action_en,
        if(cause = 'conversion' and driver_basis = 'opportunity', weakest_stage, null) as weak,
        if(cause is not null, lost_id, null) as lost_customer_id, if(cause is not null, customers.name, null) as lost_name,
        if(cause is not null and lost_id is not null, to_money(base_amount * 0.25), null) as lost_amount,
        case
            when driver_basis = 'debtor' then map {'volume': '应付款客户不足', 'conversion': '付款客户比例低', 'deal_size': '户均回款低',
                'adjustment': '退单与调减', 'mix': '结构变化'}[cause]
            when driver_basis = 'record' then '完成数量不足'
            else map {'volume': '商机不足', 'conversion': '转化率低', 'deal_size': '客单价低', 'mix': '结构变化', 'adjustment': '退单与调减'}[cause]
        end as cause_zh,
        case
            when driver_basis = 'debtor' then map {'volume': 'too few customers with money due',
                'conversion': 'too few of the owing customers pay', 'deal_size': 'small payments', 'adjustment': 'reversals',
                'mix': 'a weaker mix'}[cause]
            when driver_basis = 'record' then 'too little done'
            else map {'volume': 'too few opportunities', 'conversion': 'low conversion', 'deal_size': 'small deals',
                'mix': 'a weaker mix', 'adjustment': 'reversals'}[cause]
        end as cause_en,
        case when scope_type = 'company' then '基准公司' when scope_id = 'unallocated' then '未分配' when scope_id = 'unknown' then '未知'
            else scope_name end as who_zh,
        case when scope_type = 'company' then '基准公司' when scope_id = 'unallocated' then 'Unallocated'
            when scope_id = 'unknown' then 'Unknown' else scope_name end as who_en,
        if(is_money, '元', '') as yuan, if(is_money, ' CNY', '') as cny
    from ways
    left join (select cause as for_cause, max(action) as action, max(action_en) as action_en from night.rules.actions group by 1) as actions
        on action_cause = for_cause
    left join src_account as customers on lost_id = customers.account_id
)
select metric, period_type, period_start, period_end, period_label, scope_type, scope_id, scope_name, target, actual, gap,
    gap_to_date, weighted as weighted_pipeline,
    if(weighted is not null, greatest(gap - weighted, 0)::decimal(18, 2), null) as residual_gap,
    cause as main_cause, if(cause is not null, contribution, null) as main_cause_amount,
    if(cause is not null, cause_share, null) as main_cause_share,
    case
        when is_seat then 'unallocated' when not is_started then 'not_started' when gap <= 0 then 'no_gap'
        when gap_to_date <= 0 then 'on_track'
    end as main_cause_reason,
    weak as weakest_stage, lost_customer_id, lost_name as lost_customer_name, lost_amount as lost_customer_amount,
    since_on as missing_since_on, since_label as missing_since_label, action_cause,
    if(cause is not null, action, null) as action, if(cause is not null, answered.action_en, null) as action_en, driver_basis,
    reach::double as reach_count, plan_rate as plan_conversion_rate, plan_worth as plan_deal_value, each as value_per_reach,
    wins as expected_win_count, all_worth as reach_value, needed as needed_from_reach,
    customers_needed, no_customers as customers_needed_reason, size_needed as deal_size_needed, no_size as deal_size_needed_reason,
    rate_needed as conversion_needed, no_rate as conversion_needed_reason,
    concat(who_zh, ' ', period_label, ' ', metric_name_zh, '：目标 ', said(target, is_money), yuan, '，截至 ', getvariable('as_of'),
        ' 实际 ', said(actual, is_money), yuan,
        case
            when is_seat then if(target < 0, '，下级目标合计超过上级。', '，没有分解到任何下级。')
            when gap = 0 then '，恰好达成。' when gap < 0 then '，已达成，超出 ' || said(-gap, is_money) || yuan || '。'
            when not is_started then '，尚未开始。'
            when gap_to_date <= 0 then '，还差 ' || said(gap, is_money) || yuan || '，进度正常。'
            else concat('，还差 ', said(gap, is_money), yuan, '，其中应已完成 ', said(gap_to_date, is_money), yuan,
                '，自 ' || since_label || ' 起落后', '。', '主要原因：' || cause_zh || '（占 ' || percent(cause_share) || '）'
                    || coalesce('，最弱阶段：' || stage_name_zh, '') || '。'
                    || coalesce('不再购买的最大客户：' || lost_name || '，平均每季 ' || said(lost_amount, true) || yuan || '。', ''))
        end,
        case when gap > 0 and coalesce(customers_needed, size_needed, rate_needed) is not null then concat('任一即可补上：',
            concat_ws('；', '再增加 ' || said(customers_needed, false) || ' 个商机',
                if(driver_basis = 'debtor', '付款客户比例达到 ', '转化率达到 ') || percent(rate_needed),
                if(driver_basis = 'debtor', '户均回款做到 ', '每单做到 ') || said(size_needed, true) || yuan), '。') end,
        case when cause is not null then '行动：' || action || '。' end) as sentence_zh,
    concat(who_en, ', ', period_label, ', ', metric_name_en, ': target ', said(target, is_money), cny, ', actual ',
        said(actual, is_money), cny, ' by ', getvariable('as_of'),
        case
            when is_seat then if(target < 0, '; those below hold more than their parent.', '; assigned to nobody.')
            when gap = 0 then '; reached exactly.' when gap < 0 then '; reached, ' || said(-gap, is_money) || cny || ' above it.'
            when not is_started then '; not begun.'
            when gap_to_date <= 0 then '; missing ' || said(gap, is_money) || cny || ', on schedule.'
            else concat('; missing ', said(gap, is_money), cny, ', of which due by now ', said(gap_to_date, is_money), cny,
                ', behind since ' || since_label, '.', ' Mainly ' || cause_en || ' (' || percent(cause_share) || ')'
                    || coalesce(', weakest at ' || stage_name_en, '') || '.'
                    || coalesce(' Largest customer that stopped buying: ' || lost_name || ', ' || said(lost_amount, true) || cny
                        || ' a quarter.', ''))
        end,
        case when gap > 0 and coalesce(customers_needed, size_needed, rate_needed) is not null then concat(' Any one of these closes it:',
            concat_ws(';', ' ' || said(customers_needed, false) || ' more opportunities',
                if(driver_basis = 'debtor', ' a share of paying customers of ', ' a conversion of ') || percent(rate_needed),
                if(driver_basis = 'debtor', ' payments per customer of ', ' deals of ') || said(size_needed, true) || cny), '.') end,
        case when cause is not null then ' Action: ' || answered.action_en || '.' end) as sentence_en
from answered
inner join marts.dim_metric using (metric)
left join marts.dim_stage on weak = stage;
