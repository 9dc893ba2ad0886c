-- Control points: nobody noted open questions or attached evidence, so every call and visit fails; two a month are drawn for audit.
create table marts.mart_audit_sample as
with drawn as (
    select person_id, month_start_on, month, unnest(arg_min(record, mark, 2)) as record, unnest(range(1, 3)) as sample_no
    from (
        select person_id, date_trunc('month', occurred_at)::date as month_start_on, strftime(occurred_at, '%Y-%m') as month,
            struct_pack(activity_id, on_day := occurred_at::date, kind, row_no) as record,
            md5(concat(strftime(occurred_at, '%Y-%m'), '|activities|', activity_id)) as mark
        from src_activity
        where kind in ('call', 'video', 'visit') and occurred_at::date <= getvariable('as_of')
            and date_trunc('month', occurred_at)::date > (getvariable('as_of') - interval 12 month)::date
    )
    group by 1, 2, 3
)
select month_start_on, month, person_id, people.name as person_name, people.manager_id, 'activities' as entity,
    record.activity_id as record_id, sample_no, record.on_day as record_on,
    if(record.kind = 'visit', 'evidence, open_questions', 'open_questions') as failed_points, false as is_audited, null::double as score,
    null::varchar as auditor, 'activities' as source, file_row('activities', record.row_no) as source_row, rules_version() as rules_version
from drawn inner join src_people as people using (person_id)
where record is not null;

create table marts.mart_process_compliance as
with counted as (
    select person_id, count(*) as n, count(*) filter (kind = 'visit') as visits, max(occurred_at) as last_at,
        min(occurred_at) as first_at, max(occurred_at) filter (kind = 'visit') as last_visit_at,
        count(*) filter (occurred_at >= date_trunc('month', getvariable('as_of'))) as month_n,
        count(*) filter (kind = 'visit' and occurred_at >= date_trunc('month', getvariable('as_of'))) as month_visits
    from src_activity where kind in ('call', 'video', 'visit') and occurred_at::date <= getvariable('as_of') group by 1
),
points as (
    select *, n as fails, 'open_questions' as control_point, n as checked, month_n as month_checked, last_at as checked_at from counted
    union all
    select *, n, 'evidence', visits, month_visits, last_visit_at from counted where visits > 0
),
drawn as (
    select person_id, count(*) as n from marts.mart_audit_sample
    where month_start_on = date_trunc('month', getvariable('as_of'))::date group by 1
)
select person_id, people.name as person_name, people.manager_id, coalesce(spot.team, 'unknown') as team, control_point, 'mandatory' as kind,
    'activities' as entity, checked as checked_count, 0::bigint as passed_count, 0::double as pass_rate,
    month_checked as month_checked_count, 0::bigint as month_passed_count, divided(0, month_checked) as month_pass_rate,
    if(month_checked = 0, 'nothing_checked', null) as month_pass_rate_reason, checked_at::date as last_checked_on,
    checked as point_consecutive_fails, fails as consecutive_fails, first_at - interval 8 hour as failing_since_at,
    if(fails >= 2, 'red', 'yellow') as light, null::varchar as light_reason, fails >= 2 as is_escalated,
    coalesce(drawn.n, 0) as audit_sample_count, 0::bigint as audited_count, null::double as audit_score, rules_version() as rules_version
from points
inner join src_people as people using (person_id)
left join drawn using (person_id)
left join place_today() as spot using (person_id);

-- Which records are one customer: found by the matching, a step in Python.
create table marts.dim_customer_record as
select account_id, matched.customer_id, concat('accounts:', account_id) as record, name as record_name, owner_id,
    account_id = matched.customer_id as is_golden, false as is_duplicate, true as is_in_crm, matched_by, matched_with,
    published_rate(match_probability) as match_probability_rate, 'crm' as source_kind, 'accounts' as source,
    file_row('accounts', row_no) as source_row
from src_account inner join night.matching.customer_record as matched using (account_id);

create table marts.mart_customer_match as
select pairs.record_a, pairs.record_b, pairs.account_a, pairs.account_b, a.name as name_a, b.name as name_b,
    a.account_id as customer_a, b.account_id as customer_b, a.phone[1:2] || '****' || a.phone[-2:] as phone_a_masked,
    b.phone[1:2] || '****' || b.phone[-2:] as phone_b_masked, a.owner_id as owner_a, b.owner_id as owner_b, evidence, objection,
    published_rate(match_probability) as match_probability_rate, file_row('accounts', a.row_no) as source_row_a,
    file_row('accounts', b.row_no) as source_row_b
from night.matching.review_pair as pairs
inner join src_account as a on pairs.account_a = a.account_id
inner join src_account as b on pairs.account_b = b.account_id;
