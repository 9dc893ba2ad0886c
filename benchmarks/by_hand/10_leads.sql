-- How fast leads were answered, and which steps of the SOP were kept. Leads are contacted on the deal that they became.
-- Working minutes: nine hours from 09:00 on each workday, counted from the first day of the calendar.
create macro working_clock(moment, workday_index, is_workday) as 540 * (workday_index - is_workday::int)
    + case when is_workday then least(greatest(date_diff('second', date_trunc('day', moment), moment) / 60 - 540, 0), 540) else 0 end;
create macro minutes_between(since, until) as date_diff('millisecond', since, until) / 60000;
create macro to_minutes(value) as round(value::double, 4);

create table lead_contact as
select lead_id, act.kind, act.person_id, act.occurred_at as moment_at
from src_lead as leads
inner join src_activity as act on leads.converted_opportunity_id = act.opportunity_id
where act.occurred_at >= leads.created_at and act.occurred_at::date <= getvariable('as_of');

create table lead_step as
with firsts as (
    select lead_id,
        min(moment_at) filter (kind in ('message', 'call', 'email')) as welcome_at,
        min(moment_at) filter (kind in ('call', 'video', 'visit')) as call_at,
        min(moment_at) filter (kind = 'trial') as trial_at
    from lead_contact group by 1
),
seconds as (
    -- A record keeps one step: the second follow-up comes after the call.
    select lead_id, min(moment_at) as second_at
    from lead_contact
    left join firsts using (lead_id)
    where kind in ('call', 'message', 'care', 'video', 'visit') and (call_at is null or moment_at > call_at)
    group by 1
),
-- Nobody has a trial in these files, so that nobody owes the offer after it.
steps as (
    select lead_id, unnest([1, 2, 3, 5]) as step_no, unnest(['welcome', 'call', 'trial', 'second_followup']) as step,
        unnest([60, 1440, 2880, 10080]) as limit_minutes, unnest([welcome_at, call_at, trial_at, second_at]) as done_at,
        created_at
    from src_lead
    left join firsts using (lead_id)
    left join seconds using (lead_id)
    where length(phone) between 7 and 15 and status <> 'invalid'
)
select lead_id, step_no, step,
    case
        when minutes_between(created_at, done_at) <= limit_minutes then 'kept' when done_at is not null then 'late'
        when minutes_between(created_at, (getvariable('as_of') + 1)::timestamp) <= limit_minutes then 'running' else 'missed'
    end as status
from steps;

create table marts.mart_lead_response as
with answered as (
    select lead_id, min(moment_at) as answered_at, arg_min(person_id, (moment_at, person_id)) as by_whom
    from (
        select lead_id, person_id, moment_at from lead_contact
        union all
        select lead_id, owner_id, first_response_at from src_lead where first_response_at is not null
    )
    group by 1
),
kept as (
    select lead_id, count(*) filter (status = 'kept') as kept, count(*) filter (status in ('late', 'missed')) as missed,
        count(*) filter (status = 'running') as running,
        string_agg(step, ', ' order by step_no) filter (status = 'kept') as kept_steps,
        string_agg(step, ', ' order by step_no) filter (status in ('late', 'missed')) as missed_steps
    from lead_step group by 1
),
timed as (
    select leads.lead_id, answered.answered_at, by_whom, minutes_between(leads.created_at, coalesce(assigned_at, ends_at)) as assign,
        minutes_between(leads.created_at, answered.answered_at) as respond,
        working_clock(answered.answered_at, till.workday_index, till.is_workday)
            - working_clock(leads.created_at, since.workday_index, since.is_workday) as respond_working,
        minutes_between(leads.created_at, ends_at) as waited
    from src_lead as leads
    cross join (select (getvariable('as_of') + 1)::timestamp as ends_at)
    left join answered using (lead_id)
    inner join day as since on leads.created_at::date = since.date_day
    left join day as till on answered.answered_at::date = till.date_day
)
select
    lead_id, facts.person_id, coalesce(people.name, facts.person_id) as owner_name, people.manager_id, facts.team, facts.region,
    facts.product_line, facts.lead_source, facts.created_at, facts.created_on, days.week_start_on, days.week_label as week,
    facts.is_valid, facts.valid_source, facts.assigned_at is not null as is_assigned, facts.assigned_at,
    to_minutes(assign) as assign_minutes, timed.answered_at is not null as is_responded,
    timed.answered_at - interval 8 hour as first_response_at, by_whom as responded_by,
    to_minutes(respond) as respond_minutes, to_minutes(respond) as respond_clock_minutes,
    to_minutes(respond_working) as respond_working_minutes,
    case when timed.answered_at is null then to_minutes(waited) end as waiting_minutes,
    case when timed.answered_at is null then 'unanswered' end as respond_minutes_reason, 'clock' as clock, 60::double as limit_minutes,
    coalesce(respond, waited) > 60 as is_late, coalesce(kept, 0) as steps_kept_count, coalesce(missed, 0) as steps_missed_count,
    coalesce(running, 0) as steps_running_count, kept_steps, missed_steps, source, source_row, rules_version() as rules_version
from marts.fct_lead as facts
inner join timed using (lead_id)
inner join marts.dim_date as days on facts.created_on = days.date_day
left join src_people as people on facts.person_id = people.person_id
left join kept using (lead_id);

create table marts.mart_lead_response_week as
with own as (
    select person_id, week_start_on, week, count(*) as n, count(*) filter (is_valid) as valid, count(*) filter (is_assigned) as assigned,
        count(*) filter (is_responded) as responded, count(*) filter (is_late) as late,
        quantile_cont(respond_minutes, 0.5) as median_minutes, sum(respond_minutes::decimal(18, 4)) as minutes,
        sum(steps_kept_count) as kept, sum(steps_missed_count) as missed
    from marts.mart_lead_response group by 1, 2, 3
),
recent as (
    select person_id, count(*) as n from marts.mart_lead_response
    where is_valid and created_on > getvariable('as_of') - 7 group by 1
),
this_week as (
    select week_start_on, week_end_on, week_label from marts.dim_date where date_day = getvariable('as_of')
),
frame as (
    select person_id, week_start_on, week from own
    union
    select person_id, week_start_on, week_label from recent, this_week
)
select
    frame.person_id, coalesce(people.name, frame.person_id) as person_name, people.manager_id, frame.week_start_on, frame.week,
    coalesce(own.n, 0) as lead_count, coalesce(valid, 0) as valid_lead_count, coalesce(assigned, 0) as assigned_count,
    coalesce(responded, 0) as responded_count, coalesce(own.n - responded, 0) as unanswered_count, coalesce(late, 0) as late_count,
    to_minutes(median_minutes) as median_respond_minutes, to_minutes(divided(minutes, responded)) as mean_respond_minutes,
    case when coalesce(responded, 0) = 0 then 'none_answered' end as respond_minutes_reason,
    coalesce(kept, 0)::bigint as steps_kept_count, coalesce(missed, 0)::bigint as steps_missed_count,
    divided(kept, kept + missed) as steps_kept_rate,
    case when coalesce(kept + missed, 0) = 0 then 'no_step_due' end as steps_kept_rate_reason,
    case when frame.week_start_on = this_week.week_start_on and this_week.week_end_on > getvariable('as_of')
        then coalesce(recent.n, 0) else coalesce(valid, 0) end::bigint as valid_lead_7_day_count
from frame
cross join this_week
left join own on frame.person_id = own.person_id and frame.week_start_on = own.week_start_on
left join recent on frame.person_id = recent.person_id
left join src_people as people on frame.person_id = people.person_id;
