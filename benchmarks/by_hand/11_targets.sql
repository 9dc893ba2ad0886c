-- Targets against actuals. What the cascade spread over people and days, and the sheets of metrics and scenarios, are read
-- from the night's build file, attached as `night`: the cascade is a step in Python, timed apart.
create table marts.fct_target_day as
select
    atoms.metric, atoms.level, atoms.scenario, date_day as target_on, leaves.* exclude (leaf_no, org_id),
    person_id = 'unallocated' as is_unallocated, atoms.value as target,
    concat('v', version_no, ' ', recorded_on) as target_version
from night.cascade.target_atom as atoms
inner join night.cascade.target_leaf as leaves using (leaf_no)
inner join night.cascade.target_version as versions using (metric, level, scenario)
where versions.is_in_force;

-- Which metrics are money, better when low, ratios of two others, and reported by week.
create table metric_rule as
select metric, unit = 'money' as is_money, direction = 'lower' as is_lower_better, aggregate = 'ratio' as is_ratio,
    numerator_metric, denominator_metric, periods
from night.rules.metrics;

-- The days on which a customer's first order ever is reached (+1) or undone (−1); a loss is taken back from whom the gain
-- before it was credited to.
create table order_event as
select * from marts.fct_booking where booking_id like '%|1';
create table new_customer_turn as
select customer_id, booked_on, effective_step, booking_entry_id as own_entry,
    if(effective_step = 1, booking_entry_id, lag(booking_entry_id) over (
        partition by customer_id order by booked_on, effective_step desc, booking_entry_id)) as credited_entry
from (
    select *, sum(effective_step) over (
        partition by customer_id order by booked_on, effective_step desc, booking_entry_id rows unbounded preceding
    ) as orders
    from order_event where customer_id <> 'unknown'
)
where (effective_step = 1 and orders = 1) or (effective_step = -1 and orders = 0);

create table metric_day as
with first_contact as (
    select arg_min(struct_pack(person_id, org_path, team, region, product_line, customer_type, tier), (occurred_on, leaf_text)) as leaf,
        min(occurred_on) as event_on
    from (
        select *, concat_ws('|', person_id, org_path, team, region, product_line, customer_type, tier) as leaf_text
        from marts.fct_activity where is_qualifying
        qualify rank() over (partition by customer_id order by occurred_on) = 1
    )
    group by customer_id
),
answer as (
    select leads.*, respond_minutes
    from marts.mart_lead_response as answers inner join marts.fct_lead as leads using (lead_id) where is_responded
),
events as (
    select 'signed_amount' as metric, booked_on as event_on, person_id, org_path, team, region, product_line, customer_type, tier,
        amount as value from marts.fct_booking
    union all
    select 'collected_amount', received_on, person_id, org_path, team, region, product_line, customer_type, tier, amount
    from marts.fct_collection
    union all
    select 'collection_amount_days', received_on, person_id, org_path, team, region, product_line, customer_type, tier,
        (amount::decimal(22, 4) * days_from_signing)::decimal(18, 4)
    from marts.fct_collection
    union all
    select 'order_count', booked_on, person_id, org_path, team, region, product_line, customer_type, tier, effective_step
    from order_event
    union all
    select 'new_customer_count', turns.booked_on, person_id, org_path, team, region, product_line, customer_type, tier,
        turns.effective_step
    from new_customer_turn as turns inner join order_event on credited_entry = booking_entry_id
    union all
    select kind || '_count', occurred_on, person_id, org_path, team, region, product_line, customer_type, tier, count(*)
    from marts.fct_activity where kind in ('call', 'visit') group by all
    union all
    select 'effective_contact_count', event_on, unnest(leaf), 1 from first_contact
    union all
    select 'quote_count', issued_on, person_id, org_path, team, region, product_line, customer_type, tier, 1 from marts.fct_quote
    union all
    select 'valid_lead_count', created_on, person_id, org_path, team, region, product_line, customer_type, tier, 1
    from marts.fct_lead where is_valid
    union all
    select unnest(['response_minutes', 'responded_lead_count']), created_on, person_id, org_path, team, region, product_line,
        customer_type, tier, unnest([respond_minutes::decimal(18, 4), 1])
    from answer
    union all
    select unnest(if(outcome = 'won', ['won_opportunity_count', 'closed_opportunity_count'], ['closed_opportunity_count'])),
        closed_on, person_id, org_path, team, region, product_line, customer_type, tier, 1
    from marts.fct_opportunity where outcome <> 'open' and closed_on <= getvariable('as_of')
    union all
    select 'stage_advance_count', entered_on, moves.person_id, coalesce(place.org_path, '/unknown/'), coalesce(place.team, 'unknown'),
        moves.region, product_line, customer_type, coalesce(tier_span.tier, 'unknown'), 1
    from (
        select deals.* exclude (tier), entered_on
        from marts.fct_stage_visit inner join marts.fct_opportunity as deals using (opportunity_id)
        where is_advance and visit_no > 1
    ) as moves
    asof left join tier_span on moves.customer_id = tier_span.customer_id and entered_on >= tier_span.valid_from
    left join place on moves.person_id = place.person_id and entered_on >= place.valid_from and entered_on < place.valid_before
)
select metric, event_on, person_id, org_path, team, region, product_line, customer_type, tier, sum(value)::decimal(38, 4) as value
from events group by all;

create table numbered_leaf as
select row_number() over () as leaf_no, * from (
    select person_id, org_path, team, region, product_line, customer_type, tier from metric_day
    union
    -- Of whom customers are counted anew in every period, and who has deals in reach.
    select person_id, org_path, team, region, product_line, customer_type, tier from leaf
    union
    select person_id, org_path, team, region, product_line, customer_type, tier from marts.fct_activity where tier = 'A'
    union
    select person_id, org_path, team, region, product_line, customer_type, tier from night.cascade.target_leaf
);

create table figure_leaf as select leaf_no as figure_leaf_no, * exclude (leaf_no) from numbered_leaf;
create table figure_scope_row as from scopes_of('numbered_leaf');

create table figure_scope as
select row_number() over (order by scope_type, scope_id) as scope_no, scope_type, scope_id, max(scope_name) as scope_name
from figure_scope_row group by scope_type, scope_id;

create table figure_leaf_scope as
select leaf_no as figure_leaf_no, scope_no from figure_scope_row inner join figure_scope using (scope_type, scope_id);

create table scope_day as
with leaf_day as (
    select metric, event_on, figure_leaf_no, value
    from metric_day
    inner join figure_leaf using (person_id, org_path, team, region, product_line, customer_type, tier)
)
select metric, scope_no, event_on, sum(value) as value
from leaf_day inner join figure_leaf_scope using (figure_leaf_no)
group by all;

create table figure_period as
select period.*, count(*) filter (is_workday) as period_workdays,
    count(*) filter (is_workday and date_day <= getvariable('as_of')) as workdays_elapsed,
    period_start <= getvariable('as_of') as is_started, period_end <= getvariable('as_of') as is_closed
from period inner join period_day using (period_type, period_start) inner join day using (date_day)
group by all;

create table compare_day as
with linked as (
    select *, lag(period_start) over (partition by period_type order by period_start) as prior_start,
        (year_no - 1)::varchar || period_label[5:] as year_before_label
    from (select *, period_label[1:4]::int as year_no from figure_period)
),
bases as (
    select 'current' as basis, linked.*, period_start as base_start from linked
    union all
    select 'prior', linked.*, prior_start from linked where prior_start is not null
    union all
    select 'prior_year', linked.*, earlier.period_start
    from linked
    inner join figure_period as earlier
        on linked.period_type = earlier.period_type and year_before_label = earlier.period_label
),
counted as (
    select basis, bases.period_type, bases.period_start, is_closed, workdays_elapsed, date_day,
        sum(is_workday::int) over (partition by basis, bases.period_type, bases.period_start order by date_day) as workday_no
    from bases
    inner join period_day on bases.period_type = period_day.period_type and base_start = period_day.period_start
    inner join day using (date_day)
    where is_started
)
select basis, period_type, period_start, date_day from counted
where date_day <= getvariable('as_of') and (basis = 'current' or is_closed or workday_no <= workdays_elapsed);

-- Different customers do not add up over days. Followed: each counts on its first day in a period of its own.
create table followed_day as
with seen as (
    select figure_leaf_no, customer_id, occurred_on from marts.fct_activity as act
    inner join figure_leaf using (person_id, org_path, team, region, product_line, customer_type, tier)
    where is_qualifying and act.tier = 'A' group by all
),
firsts as (
    select scope_no, period_type, period_start, customer_id, min(occurred_on) as event_on
    from seen inner join figure_leaf_scope using (figure_leaf_no) inner join period_day on occurred_on = date_day
    group by all
)
select scope_no, period_type, event_on, count(*) as value from firsts group by all;

-- Buyers of the last twelve months: from an order's day until it is cancelled or twelve months old; twice a buyer with orders of
-- two days. Read on the last day that a period is compared on.
create table buyer_day as
with bought as (
    select figure_leaf_no, customer_id, signed_on, max(coalesce(cancelled.booked_on,
        (signed_on + interval 12 month)::date + ((signed_on + interval 12 month)::date - interval 12 month < signed_on)::int)) as until
    from marts.fct_booking as orders
    inner join figure_leaf using (person_id, org_path, team, region, product_line, customer_type, tier)
    left join (select booking_id, booked_on from marts.fct_booking where effective_step = -1) as cancelled using (booking_id)
    where orders.effective_step = 1
    group by all
),
stood as (
    select scope_no, customer_id, signed_on, max(until) as until
    from bought inner join figure_leaf_scope using (figure_leaf_no) group by all
),
moved as (
    select scope_no, customer_id, on_day, sum(step) as step
    from (select scope_no, customer_id, unnest([signed_on, until]) as on_day, unnest([1, -1]) as step from stood)
    group by all
),
depth as (
    select *, sum(step) over (partition by scope_no, customer_id order by on_day) as after from moved
)
select scope_no, on_day, sum((after >= 1)::int - (after - step >= 1)::int) as once,
    sum((after >= 2)::int - (after - step >= 2)::int) as twice
from depth where on_day <= getvariable('as_of')
group by all;

create table actual_period as
with buyers as (
    select scope_no, on_day as valid_from, lead(on_day, 1, date '9999-12-31') over w as valid_before, sum(once) over w as once,
        sum(twice) over w as twice
    from buyer_day window w as (partition by scope_no order by on_day)
),
read_off as (
    select basis, period_type, period_start, max(date_day) as read_on from compare_day where period_type <> 'week' group by all
),
every_value as (
    select metric, scope_no, period_type, period_start, basis, value
    from scope_day inner join compare_day on event_on = date_day
    union all
    select 'high_potential_followed_count', scope_no, period_type, period_start, basis, value
    from followed_day inner join compare_day using (period_type) where event_on = date_day
    union all
    select unnest(['buying_customer_count', 'repurchasing_customer_count']), scope_no, period_type, period_start, basis,
        unnest([once, nullif(twice, 0)])
    from read_off inner join buyers on read_on >= valid_from and read_on < valid_before
    where once <> 0
),
summed as (
    select metric, scope_no, period_type, period_start,
        sum(case when basis = 'current' then value end) as actual, sum(case when basis = 'prior' then value end) as prior_actual,
        sum(case when basis = 'prior_year' then value end) as prior_year_actual
    from every_value where value is not null
    group by all
)
select metric, scope_no, period_type, period_start, actual::decimal(28, 6) as actual, prior_actual::decimal(28, 6) as prior_actual,
    prior_year_actual::decimal(28, 6) as prior_year_actual, null::decimal(28, 6) as actual_numerator,
    null::decimal(28, 6) as actual_denominator
from summed inner join metric_rule using (metric)
where contains(periods, '|' || period_type || '|')
union all
select rule.metric, below.scope_no, below.period_type, below.period_start,
    divided(coalesce(above.actual, 0), below.actual)::decimal(28, 6),
    divided(coalesce(above.prior_actual, 0), below.prior_actual)::decimal(28, 6),
    divided(coalesce(above.prior_year_actual, 0), below.prior_year_actual)::decimal(28, 6),
    coalesce(above.actual, 0)::decimal(28, 6), below.actual::decimal(28, 6)
from metric_rule as rule
inner join summed as below on rule.denominator_metric = below.metric
left join summed as above
    on rule.numerator_metric = above.metric and below.scope_no = above.scope_no
    and below.period_type = above.period_type and below.period_start = above.period_start
where is_ratio and below.period_type <> 'week';

create table target_piece as
with leaf_piece as (
    select metric, level, scenario, leaf_no, week_start_on, month_start_on, sum(value) as target,
        sum(case when date_day <= getvariable('as_of') then value else 0 end) as due
    from night.cascade.target_atom inner join marts.dim_date using (date_day)
    group by all
),
numbered as (
    select leaf_no, figure_leaf_no
    from night.cascade.target_leaf
    inner join figure_leaf using (person_id, org_path, team, region, product_line, customer_type, tier)
)
select metric, level, scenario, scope_no, week_start_on, month_start_on, sum(target) as target, sum(due) as due
from leaf_piece inner join numbered using (leaf_no) inner join figure_leaf_scope using (figure_leaf_no)
group by all;

create table target_period as
with by_month as (
    select metric, level, scenario, scope_no, month_start_on, sum(target) as target, sum(due) as due from target_piece group by all
)
-- Weeks follow the plan alone.
select metric, level, scenario, scope_no, 'week' as period_type, week_start_on as period_start, sum(target) as target, sum(due) as due
from target_piece where scenario = 'base' group by all
union all
select metric, level, scenario, scope_no, 'month', month_start_on, target, due from by_month
union all
select metric, level, scenario, scope_no, 'quarter', date_trunc('quarter', month_start_on)::date, sum(target), sum(due)
from by_month group by all
union all
select metric, level, scenario, scope_no, 'year', date_trunc('year', month_start_on)::date, sum(target), sum(due)
from by_month group by all;

create table deal_size as
select scope_no,
    case when sum(value) filter (metric = 'order_count') > 0 and sum(value) filter (metric = 'signed_amount') > 0
        then divided(sum(value) filter (metric = 'signed_amount'), sum(value) filter (metric = 'order_count')) end as size
from scope_day
where metric in ('signed_amount', 'order_count') and event_on > (getvariable('as_of') - interval 12 month)::date
group by scope_no;
create macro whole_size() as (
    select size from deal_size inner join figure_scope using (scope_no) where scope_type = 'company'
);

-- Weeks behind in a row, judged on each closed week's last workday.
create table week_streak as
with weeks as (
    select week_start_on, date_day as judged_on, month_start_on, divided(workday_of_month, workdays_in_month) as gone
    from marts.dim_date
    where is_workday and week_end_on <= getvariable('as_of')
    qualify row_number() over (partition by week_start_on order by date_day desc) = 1
),
due as (
    select metric, level, scenario, scope_no, weeks.week_start_on, judged_on, gone, sum(target) as due
    from weeks inner join target_piece as piece
        on weeks.month_start_on = piece.month_start_on and piece.week_start_on <= weeks.week_start_on
    group by all
),
booked as (
    select metric, scope_no, weeks.week_start_on, sum(value) as actual
    from weeks inner join day on weeks.month_start_on = day.month_start_on and date_day <= judged_on
    inner join scope_day on date_day = event_on
    group by all
),
judged as (
    select due.*,
        case
            when due <= 0 or gone <= 0.2 then null
            when (case when is_money then divided(due, coalesce(size, whole_size())) else due::double end) < 5 then null
            else round(1 - divided(coalesce(actual, 0), due), 12) > 0.1
        end as is_behind
    from due
    inner join metric_rule using (metric)
    left join deal_size using (scope_no)
    left join booked using (metric, scope_no, week_start_on)
),
runs as (
    select *, sum((not is_behind)::int) over (partition by metric, level, scenario, scope_no order by week_start_on) as run_no
    from judged where is_behind is not null
)
select metric, level, scenario, scope_no, week_start_on, judged_on,
    sum(is_behind::int) over (partition by metric, level, scenario, scope_no, run_no order by week_start_on) as streak
from runs;

-- The day from which on the running actual stayed at or over the line.
create table attained as
with running as (
    select metric, scope_no, period_type, period_start, event_on,
        sum(value) over (partition by metric, scope_no, period_type, period_start order by event_on) as so_far
    from scope_day inner join compare_day on event_on = date_day and basis = 'current'
),
marked as (
    select target_period.*, event_on,
        max(case when so_far < target then event_on end) over line as short_on,
        max(case when so_far < 0.8 * target then event_on end) over line as short_of_base_on
    from target_period inner join running using (metric, scope_no, period_type, period_start)
    where target > 0
    window line as (partition by metric, level, scenario, scope_no, period_type, period_start)
)
select metric, level, scenario, scope_no, period_type, period_start,
    min(event_on) filter (short_on is null or event_on > short_on) as attained_on,
    min(event_on) filter (short_of_base_on is null or event_on > short_of_base_on) as base_line_on
from marked group by all;

-- A line of the plan speaks of every scenario; a unit is a scope of its own kind and of the organisation.
create table given_line as
with placed as (
    select lines.* exclude (scenario), scenarios.scenario, orgs.org_name, orgs.kind
    from night.cascade.target_line as lines
    cross join (select 'base' as scenario union all select scenario from night.rules.scenarios) as scenarios
    left join marts.dim_org as orgs on holder_id = org_id
    where problem is null
)
select metric, level, scenario, 'org' as scope_type, holder_id as scope_id, start_on, end_on, responsible_id from placed
where holder_kind = 'unit'
union all
select metric, level, scenario, coalesce(kind, holder_kind),
    case when kind = 'company' then 'company' else coalesce(org_name, holder_id) end, start_on, end_on, responsible_id
from placed;

-- P(X ≤ n) of a Poisson variable.
create macro poisson_upto(n, mean) as case when n < 0 then 0 else exp(-mean::double) * list_sum(
    list_transform(range(least(n, 40)::bigint + 1), lambda k: power(mean::double, k) / gamma(k + 1))
) end;

create table marts.mart_target_attainment as
with keys as (
    select metric, level, scenario, scope_no, period_type, period_start from target_period
    union
    select metric, 'base', 'base', scope_no, period_type, period_start from actual_period where actual is not null
),
known as (
    select keys.*, figure_period.* exclude (period_type, period_start), target, due as target_to_date, actual,
        prior_actual, prior_year_actual, actual_numerator, actual_denominator, is_lower_better, is_ratio, is_money,
        case when is_ratio then actual else coalesce(actual, 0) end as known_actual,
        case when is_money then coalesce(size, whole_size()) else 1 end as count_size
    from keys
    inner join figure_period using (period_type, period_start)
    inner join metric_rule using (metric)
    left join target_period using (metric, level, scenario, scope_no, period_type, period_start)
    left join actual_period using (metric, scope_no, period_type, period_start)
    left join deal_size using (scope_no)
),
rated as (
    select *,
        case when is_lower_better then divided(target, known_actual) when target > 0 then divided(known_actual, target) end
            as attainment_rate,
        case
            when not is_started or target is null or target = 0 then null
            when is_lower_better then divided(target_to_date, known_actual)
            when target_to_date > 0 then divided(known_actual, target_to_date)
        end as pace_rate,
        divided(target_to_date, count_size) as due_count, floor(divided(known_actual, count_size)) as actual_count,
        divided(workdays_elapsed, period_workdays) as gone
    from known
),
lit as (
    select rated.*, scope_type, scope_id, scope_name,
        coalesce(not is_ratio and not is_lower_better and not is_closed and due_count < 5 and due_count > 0, false) as is_small_count,
        case
            when target is null or target = 0 then 'no_target'
            when not is_started or pace_rate is null then 'not_started'
            when is_small_count then case
                when poisson_upto(actual_count, due_count) < 0.05 and gone >= 0.2 then 'behind'
                when 1 - poisson_upto(actual_count - 1, due_count) < 0.05 then 'ahead' else 'normal'
            end
            when round(1 - pace_rate, 12) > 0.2 and (gone >= 0.2 or is_closed) then 'behind'
            when round(1 - pace_rate, 12) > 0.1 then 'watch' when round(pace_rate - 1, 12) > 0.15 then 'ahead' else 'normal'
        end as status,
        attainment_rate is not null and scope_id not in ('unknown', 'unallocated') as is_ranked,
        bool_or(target is not null) over (partition by metric, scope_no, period_type, period_start) as has_reserve
    from rated inner join figure_scope using (scope_no)
),
month_streak as (
    select lit.metric, lit.level, lit.scenario, lit.scope_no, lit.period_start, max_by(streak, week_start_on) as streak
    from lit
    inner join week_streak
        on lit.metric = week_streak.metric and lit.level = week_streak.level and lit.scenario = week_streak.scenario
        and lit.scope_no = week_streak.scope_no and judged_on <= period_end
    where period_type = 'month' and is_started
    group by 1, 2, 3, 4, 5
)
select
    lit.metric, lit.level, lit.scenario, lit.period_type, lit.period_start, lit.period_end, lit.period_label,
    lit.scope_type, lit.scope_id, scope_name, to_money(target) as target, to_money(known_actual) as actual, attainment_rate,
    case when target is null then 'no_target' when target = 0 then 'zero_target' when attainment_rate is null then 'no_actual' end
        as attainment_rate_reason,
    to_money(target_to_date) as target_to_date, pace_rate, 1 - pace_rate as lag_rate, pace_rate - 1 as deviation_rate,
    case
        when target is null then 'no_target' when target = 0 then 'zero_target'
        when not is_started or target_to_date = 0 then 'not_started' when pace_rate is null then 'no_actual'
    end as pace_rate_reason,
    (if(is_lower_better, -1, 1) * (to_money(target) - to_money(known_actual)))::decimal(18, 2) as gap,
    (if(is_lower_better, -1, 1) * (to_money(target_to_date) - to_money(known_actual)))::decimal(18, 2) as gap_to_date,
    to_money(prior_actual) as prior_actual,
    to_money(prior_year_actual) as prior_year_actual, divided(known_actual - prior_actual, abs(prior_actual)) as mom_rate,
    divided(known_actual - prior_year_actual, abs(prior_year_actual)) as yoy_rate,
    case when not is_started then 'not_started' when coalesce(prior_actual, 0) = 0 then 'no_base' end as mom_rate_reason,
    case when not is_started then 'not_started' when coalesce(prior_year_actual, 0) = 0 then 'no_base' end as yoy_rate_reason,
    workdays_elapsed, period_workdays - workdays_elapsed as workdays_remaining,
    case when not is_ratio and not is_lower_better then to_money(divided(known_actual, workdays_elapsed)) end as run_rate,
    case when not is_ratio and not is_lower_better and target is not null
        then to_money(divided(greatest(target - known_actual, 0), period_workdays - workdays_elapsed)) end as required_run_rate,
    case
        when is_ratio or is_lower_better then 'not_spread' when workdays_elapsed = 0 then 'not_started'
    end as run_rate_reason,
    case
        when is_ratio or is_lower_better then 'not_spread' when target is null then 'no_target'
        when period_workdays = workdays_elapsed then 'no_workdays_left'
    end as required_run_rate_reason,
    status, is_small_count,
    case when lit.period_type = 'month' and is_started then coalesce(streak, 0)::bigint end as weeks_behind_streak,
    coalesce(lit.period_type = 'month' and is_closed and round(abs(pace_rate - 1), 12) > 0.15, false) as needs_review,
    false as needs_calibration, null::double as market_move_rate,
    case when is_ranked then rank() over (
        partition by lit.metric, lit.level, lit.scenario, lit.period_type, lit.period_start, lit.scope_type, is_ranked
        order by attainment_rate desc
    ) end as peer_rank,
    base_line_on, attained_on, ends.workday_index - reached.workday_index as workdays_early,
    case when has_reserve then 0.1::double end as reserve_rate,
    to_money(target * 0.9) as floor_target, given_line.responsible_id, given_line.scope_id is not null as is_given,
    lit.level = 'base' and lit.scenario = 'base' as is_in_force,
    to_money(actual_numerator) as actual_numerator, to_money(actual_denominator) as actual_denominator,
    case when is_ratio then target::double end as target_ratio, case when is_ratio then known_actual::double end as actual_ratio,
    case when target is not null then concat('v', version_no, ' ', versions.recorded_on) end as target_version,
    case when lit.metric = 'signed_amount' then 'orders' end as actual_source,
    rules_version() as rules_version
from lit
left join month_streak
    on lit.period_type = 'month' and lit.metric = month_streak.metric and lit.level = month_streak.level
    and lit.scenario = month_streak.scenario and lit.scope_no = month_streak.scope_no
    and lit.period_start = month_streak.period_start
left join attained
    on lit.metric = attained.metric and lit.level = attained.level and lit.scenario = attained.scenario
    and lit.scope_no = attained.scope_no and lit.period_type = attained.period_type
    and lit.period_start = attained.period_start
left join night.cascade.target_version as versions
    on lit.metric = versions.metric and lit.level = versions.level and lit.scenario = versions.scenario and versions.is_in_force
left join given_line
    on lit.metric = given_line.metric and lit.level = given_line.level and lit.scenario = given_line.scenario
    and lit.scope_type = given_line.scope_type and lit.scope_id = given_line.scope_id
    and lit.period_start = given_line.start_on and lit.period_end = given_line.end_on
left join day as ends on lit.period_end = ends.date_day
left join day as reached on attained_on = reached.date_day;

create table marts.mart_scenario as
with attainment as (
    select * from marts.mart_target_attainment where level = 'base' and target is not null and period_type <> 'week'
)
select
    attainment.metric, attainment.scenario, coalesce(scenario_name, '基准') as scenario_name_zh,
    coalesce(scenario_name_en, 'Base') as scenario_name_en,
    attainment.scenario = 'base' as is_in_force, attainment.period_type, attainment.period_start, attainment.period_end,
    attainment.period_label, attainment.scope_type, attainment.scope_id, attainment.scope_name, attainment.target,
    attainment.actual, attainment.attainment_rate, attainment.attainment_rate_reason, attainment.target_to_date,
    attainment.pace_rate, attainment.gap, attainment.gap_to_date, attainment.required_run_rate, attainment.status,
    (attainment.target - plan.target)::decimal(18, 2) as target_against_base, actions as actions_zh, actions_en
from attainment
left join night.rules.scenarios as wording using (scenario)
left join attainment as plan
    on plan.scenario = 'base' and attainment.metric = plan.metric and attainment.period_type = plan.period_type
    and attainment.period_start = plan.period_start and attainment.scope_type = plan.scope_type
    and attainment.scope_id = plan.scope_id;

create table marts.mart_leaderboard as
with attainment as (
    select * from marts.mart_target_attainment
    where scenario = 'base' and level = 'base' and scope_type = 'person' and scope_id not in ('unknown', 'unallocated')
        and attainment_rate is not null and period_start <= getvariable('as_of')
),
eve as (
    select week_start_on - 1 as on_day from marts.dim_date where date_day = getvariable('as_of')
),
person_day as (
    select metric, scope_id, event_on, value from scope_day inner join figure_scope using (scope_no) where scope_type = 'person'
),
earlier as (
    select attainment.metric, period_type, period_start, attainment.scope_id, target, sum(value) as actual
    from attainment
    inner join eve on period_start <= on_day
    left join person_day
        on attainment.metric = person_day.metric and attainment.scope_id = person_day.scope_id
        and event_on >= period_start and event_on <= least(period_end, on_day)
    group by all
),
ranked as (
    select *, rank() over (partition by metric, period_type, period_start order by divided(coalesce(actual, 0), target) desc) as place_no
    from earlier
),
latest as (
    select * from place qualify row_number() over (partition by person_id order by valid_from desc) = 1
)
select
    attainment.metric, attainment.period_type, attainment.period_start, period_end, period_label,
    attainment.scope_id as person_id, scope_name as person_name, coalesce(latest.team, 'unknown') as team,
    coalesce(latest.region, 'unknown') as region, peer_rank as attainment_rank,
    rank() over (
        partition by attainment.metric, attainment.period_type, attainment.period_start, latest.team order by attainment_rate desc
    ) as team_rank,
    attainment.target, attainment.actual, attainment_rate, gap, place_no as last_week_rank,
    place_no - peer_rank as places_gained
from attainment
left join latest on attainment.scope_id = latest.person_id
left join ranked
    on attainment.metric = ranked.metric and attainment.period_type = ranked.period_type
    and attainment.period_start = ranked.period_start and attainment.scope_id = ranked.scope_id;

-- Every metric with what it is computed from, as the sheet says it.
create table marts.dim_metric as
select metric, name as metric_name_zh, name_en as metric_name_en, aggregate, unit, direction, definition as definition_zh,
    definition_en,
    coalesce(
        numerator_metric || ' / ' || denominator_metric,
        format('{}({}.{}) by {}', aggregate, entity, coalesce(value_column, '*'), date_column)
            || coalesce(' where ' || nullif(conditions, ''), '')
            || coalesce(' reaching ' || reach_at_least || coalesce(' of ' || reach_column, ''), '')
            || coalesce(' in ' || window_months || ' months', '')
    ) as formula,
    is_enabled, disabled_reason_zh, disabled_reason_en, rules_version
from night.rules.metrics;
