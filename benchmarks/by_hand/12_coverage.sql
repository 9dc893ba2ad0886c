-- Open deals against what targets still miss, each worth its chance of being won yet; and how fast each person moves deals on.

-- Aalen–Johansen by stage, over all that ever entered it: advancing (or winning), with losing as the rival.
create table stage_curve as
with told as (
    select 'advance' as curve, stage, elapsed_workdays as t, result = 'advanced' as is_event, result = 'lost' as is_rival from entry
    union all
    select 'win', stage, end_workdays, end_result = 'won', end_result = 'lost' from entry
),
counted as (
    select curve, stage, t, count(*) as n, count(*) filter (is_event) as event, count(*) filter (is_event or is_rival) as happened
    from told group by all
),
risky as (
    select *, (sum(n) over (partition by curve, stage) - coalesce(sum(n) over before, 0))::double as at_risk
    from counted
    window before as (partition by curve, stage order by t rows between unbounded preceding and 1 preceding)
),
survived as (
    select *,
        case when coalesce(max((happened >= at_risk)::int) over before, 0) = 1 then 0 else exp(coalesce(sum(
            (case when happened < at_risk and happened > 0 then ln(1 - happened / at_risk) else 0 end)::decimal(38, 18)
        ) over before, 0)::double) end as survival
    from risky
    window before as (partition by curve, stage order by t rows between unbounded preceding and 1 preceding)
)
select *, survival * (1 - happened / at_risk) as staying,
    (sum((survival * event / at_risk)::decimal(38, 18)) over (partition by curve, stage order by t))::double as incidence
from survived;

create table win_chance as
select stage, t, published_rate(
    least(divided(last_incidence - incidence, staying), 1) * least(divided(won_share, last_incidence), 1)) as chance
from (
    select *, max(incidence) over (partition by stage) as last_incidence from stage_curve where curve = 'advance'
)
inner join (select stage, max(incidence) as won_share from stage_curve where curve = 'win' group by 1) using (stage)
where at_risk >= 10 and chance is not null;

create table open_deal as
with standing as (
    select segment.*, stay_workdays from segment
    inner join marts.fct_stage_visit using (opportunity_id, visit_no)
    where standing = 'open' and valid_from <= getvariable('as_of') and valid_before > getvariable('as_of')
)
select standing.opportunity_id, leaf_no, standing.stage, standing.stage_order, amount, expected_close_on, stay_workdays as age_workdays,
    coalesce(chance, default_probability_rate::double) as chance, chance is not null as is_calibrated
from standing
inner join stage on standing.stage = stage.stage
asof left join win_chance on standing.stage = win_chance.stage and stay_workdays >= win_chance.t;

create table marts.mart_pipeline_coverage as
with ahead as (
    select period.*, period_start <= getvariable('as_of') as is_running,
        case when is_running then today_index() - eve.workday_index else 0 end as gone
    from period inner join day as eve on period_start - 1 = eve.date_day
    where period_end >= getvariable('as_of')
),
leaf_open as (
    select period_type, period_start, leaf_no, expected_close_on < getvariable('as_of') as is_late, stage_order,
        count(*) as n, sum(coalesce(amount, 0)) as amount, sum(coalesce(amount * chance, 0)::decimal(38, 18)) as weighted,
        count(*) filter (not is_calibrated) as uncalibrated, count(*) filter (amount is null) as unconverted
    from open_deal
    inner join ahead
        on case when expected_close_on < getvariable('as_of') then is_running
            else expected_close_on between period_start and period_end end
    group by all
),
unordered as (
    select opportunity_id, leaf_no, amount, valid_before, min(valid_from) over (partition by opportunity_id) as signed_on
    from segment where standing = 'won' and order_signed_on is null
),
leaf_signed as (
    select period_type, period_start, leaf_no, count(*) as n, sum(coalesce(amount, 0)) as amount
    from unordered inner join ahead on signed_on between period_start and period_end and valid_before > getvariable('as_of')
    group by all
),
opened as (
    select period_type, period_start, scope_no,
        sum(n) filter (not is_late) as open_count, sum(amount) filter (not is_late) as open_amount,
        sum(weighted) filter (not is_late) as weighted_amount, sum(uncalibrated) filter (not is_late) as uncalibrated_count,
        sum(unconverted) as unconverted_count, sum(n) filter (is_late) as overdue_count, sum(amount) filter (is_late) as overdue_amount,
        sum(amount) filter (not is_late and stage_order >= 2) as open_2, sum(amount) filter (not is_late and stage_order >= 3) as open_3,
        sum(amount) filter (not is_late and stage_order >= 4) as open_4, null as signed_count, null as signed_amount
    from leaf_open inner join leaf_scope using (leaf_no) group by all
),
signed as (
    select period_type, period_start, scope_no, sum(n) as signed_count, sum(amount) as signed_amount
    from leaf_signed inner join leaf_scope using (leaf_no) group by all
),
-- The last eight closed periods, looked at on the same workday: what stood open then, and what of it was won in them.
past as (
    select period.*, eve.workday_index as eve_index
    from period inner join day as eve on period_start - 1 = eve.date_day
    where period_end < getvariable('as_of')
    qualify row_number() over (partition by period_type order by period_start desc) <= 8
),
looks as (
    select period_type, gone, past.period_start as past_start, past.period_end as past_end, max(date_day) as look_on
    from (select distinct period_type, gone from ahead)
    inner join past using (period_type)
    inner join day on date_day between past.period_start - 1 and past.period_end and workday_index - eve_index <= gone
    group by all
),
won as (
    select opportunity_id, min(valid_from) as won_on from segment where standing = 'won' group by 1
),
leaf_yield as (
    select period_type, gone, past_start, leaf_no, stage_order, sum(coalesce(amount, 0)) as stood,
        sum(case when won_on > look_on and won_on <= past_end then coalesce(amount, 0) else 0 end) as won
    from looks
    inner join segment
        on look_on >= valid_from and look_on < valid_before and look_on < expected_close_on and past_end >= expected_close_on
    left join won using (opportunity_id)
    where standing = 'open'
    group by all
),
yields as (
    select period_type, gone, scope_no, count(distinct past_start) as past_period_count, sum(stood) as stood, sum(won) as won,
        sum(if(stage_order >= 2, stood, 0)) as stood_2, sum(if(stage_order >= 3, stood, 0)) as stood_3,
        sum(if(stage_order >= 4, stood, 0)) as stood_4, sum(if(stage_order >= 2, won, 0)) as won_2,
        sum(if(stage_order >= 3, won, 0)) as won_3, sum(if(stage_order >= 4, won, 0)) as won_4
    from leaf_yield inner join leaf_scope using (leaf_no) group by all
),
aimed as (
    select period_type, period_start, scope_type, scope_id, scope_name, target, actual
    from marts.mart_target_attainment where metric = 'signed_amount' and is_in_force and period_end >= getvariable('as_of')
),
named as (
    select period_type, period_start, scope_type, scope_id, scope_no,
        columns(opened.* exclude (period_type, period_start, scope_no, signed_count, signed_amount)),
        signed.signed_count, signed.signed_amount
    from opened full join signed using (period_type, period_start, scope_no) inner join scope using (scope_no)
),
framed as (
    select period_type, period_start, scope_type, scope_id, coalesce(scope.scope_name, aimed.scope_name) as scope_name, target,
        coalesce(actual, 0) as actual, greatest(target - actual, 0) as missing,
        named.* exclude (period_type, period_start, scope_type, scope_id, scope_no), scope.scope_no
    from named
    full join aimed using (period_type, period_start, scope_type, scope_id)
    left join scope using (scope_type, scope_id)
)
select
    period_type, period_start, period_end, period_label, scope_type, scope_id, scope_name,
    to_money(target) as target, to_money(actual) as actual, case when target is not null then to_money(missing) end as remaining_gap,
    coalesce(open_count, 0)::bigint as open_count, to_money(coalesce(open_amount, 0)) as open_amount,
    to_money(coalesce(weighted_amount, 0)) as weighted_amount,
    case when uncalibrated_count > 0 then 'insufficient_history' end as weighted_reason,
    coalesce(uncalibrated_count, 0)::bigint as uncalibrated_count, 0::decimal(18, 2) as typed_weighted_amount,
    coalesce(overdue_count, 0)::bigint as overdue_count, to_money(coalesce(overdue_amount, 0)) as overdue_amount,
    coalesce(signed_count, 0)::bigint as signed_without_order_count,
    to_money(coalesce(signed_amount, 0)) as signed_without_order_amount,
    coalesce(unconverted_count, 0)::bigint as unconverted_count,
    case when target is not null then published_rate(divided(coalesce(open_amount, 0), missing)) end as coverage_ratio,
    case when target is null then 'no_target' when missing = 0 then 'covered' end as coverage_ratio_reason,
    case when target is not null then to_money(greatest(target - actual - coalesce(weighted_amount, 0), 0)) end as residual_gap,
    case when past_period_count >= 4 then published_rate(divided(stood, won)) end as required_coverage,
    case when coalesce(past_period_count, 0) < 4 then 'insufficient_history' when won = 0 then 'no_yield' end
        as required_coverage_reason,
    coalesce(past_period_count, 0) as past_period_count, to_money(stood) as past_open_amount, to_money(won) as past_won_amount,
    to_money(coalesce(open_2, 0)) as open_amount_stage_2,
    case when target is not null then published_rate(divided(coalesce(open_2, 0), missing)) end as coverage_ratio_stage_2,
    case when past_period_count >= 4 then published_rate(divided(stood_2, won_2)) end as required_coverage_stage_2,
    to_money(stood_2) as past_open_amount_stage_2, to_money(won_2) as past_won_amount_stage_2,
    to_money(coalesce(open_3, 0)) as open_amount_stage_3,
    case when target is not null then published_rate(divided(coalesce(open_3, 0), missing)) end as coverage_ratio_stage_3,
    case when past_period_count >= 4 then published_rate(divided(stood_3, won_3)) end as required_coverage_stage_3,
    to_money(stood_3) as past_open_amount_stage_3, to_money(won_3) as past_won_amount_stage_3,
    to_money(coalesce(open_4, 0)) as open_amount_stage_4,
    case when target is not null then published_rate(divided(coalesce(open_4, 0), missing)) end as coverage_ratio_stage_4,
    case when past_period_count >= 4 then published_rate(divided(stood_4, won_4)) end as required_coverage_stage_4,
    to_money(stood_4) as past_open_amount_stage_4, to_money(won_4) as past_won_amount_stage_4
from framed
inner join ahead using (period_type, period_start)
left join yields using (period_type, gone, scope_no);

create table marts.mart_conversion_heatmap as
with weeks as (
    select period_start, period_label, workday_index - 30 as last_index
    from period inner join day on period_end = date_day
    where period_type = 'week' and period_end <= getvariable('as_of') and period_end > getvariable('as_of') - 91
),
entered as (
    select stage, stage_order, person_id, entered_workday_index, (result = 'advanced' and elapsed_workdays <= 30)::int as is_on
    from entry inner join leaf using (leaf_no)
)
select 'default' as pipeline, stage, stage_order::bigint as stage_order, entered.person_id,
    coalesce(any_value(people.name), entered.person_id) as person_name, period_start as week_start, period_label as week_label,
    count(*) as entered_count, sum(is_on)::bigint as advanced_count, published_rate(divided(sum(is_on), count(*))) as advance_rate,
    count(*) < 10 as is_grey
from weeks
inner join entered on entered_workday_index <= last_index and entered_workday_index > last_index - 65
left join src_people as people using (person_id)
group by stage, stage_order, entered.person_id, period_start, period_label;
