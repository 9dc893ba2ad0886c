-- Calendar, periods, organisation, people, stages, exchange rates.
create schema marts;

create table dim_date_start as
select make_date(year(least(
    getvariable('as_of') - 730,
    (select min(created_at)::date from src_deal), (select min(occurred_at)::date from src_activity),
    (select min(created_at)::date from src_lead)
)) - 1, 1, 1) as start_on;

create table marts.dim_date as
with days as (
    select d::date as date_day, isodow(d) < 6 as is_workday
    from range((select start_on from dim_date_start), make_date(year(getvariable('as_of')) + 3, 1, 1), interval 1 day) as r(d)
),
spans as (
    select
        *,
        strftime(date_day, '%G-W%V') as week_label,
        date_trunc('week', date_day)::date as week_start_on,
        strftime(date_day, '%Y-%m') as month_label,
        date_trunc('month', date_day)::date as month_start_on,
        year(date_day) || '-Q' || quarter(date_day) as quarter_label,
        date_trunc('quarter', date_day)::date as quarter_start_on,
        year(date_day)::varchar as year_label,
        date_trunc('year', date_day)::date as year_start_on
    from days
)
select
    date_day, is_workday, false as is_provisional, 'weekdays' as calendar_source, null::varchar as holiday_name,
    week_label, week_start_on, week_start_on + 6 as week_end_on,
    month_label, month_start_on, last_day(month_start_on) as month_end_on,
    quarter_label, quarter_start_on, (quarter_start_on + interval 3 month)::date - 1 as quarter_end_on,
    year_label, year_start_on, (year_start_on + interval 1 year)::date - 1 as year_end_on,
    sum(is_workday::int) over (order by date_day)::bigint as workday_index,
    sum(is_workday::int) over (partition by month_start_on order by date_day)::bigint as workday_of_month,
    sum(is_workday::int) over (partition by month_start_on)::bigint as workdays_in_month,
    sum(is_workday::int) over (partition by quarter_start_on order by date_day)::bigint as workday_of_quarter,
    sum(is_workday::int) over (partition by quarter_start_on)::bigint as workdays_in_quarter,
    is_workday and not coalesce(max(is_workday::int) over (
        partition by month_start_on order by date_day rows between 1 following and unbounded following
    ), 0)::boolean as is_last_workday_of_month
from spans;

create table day as select date_day, workday_index, is_workday, month_start_on from marts.dim_date;
create macro today_index() as (select workday_index from day where date_day = getvariable('as_of'));

create table period as
select 'week' as period_type, week_start_on as period_start, week_end_on as period_end, week_label as period_label
from marts.dim_date group by all
union all
select 'month', month_start_on, month_end_on, month_label from marts.dim_date group by all
union all
select 'quarter', quarter_start_on, quarter_end_on, quarter_label from marts.dim_date group by all
union all
select 'year', year_start_on, year_end_on, year_label from marts.dim_date group by all;

create table period_day as
select 'week' as period_type, week_start_on as period_start, date_day from marts.dim_date
union all select 'month', month_start_on, date_day from marts.dim_date
union all select 'quarter', quarter_start_on, date_day from marts.dim_date
union all select 'year', year_start_on, date_day from marts.dim_date;

create table stage as
select * from (values
    ('initial_contact', 1, 'open', false, 0.10, 10), ('needs_confirmed', 2, 'open', false, 0.25, 10),
    ('quoting', 3, 'open', false, 0.50, 10), ('negotiating', 4, 'open', false, 0.75, 15),
    ('signing', 5, 'open', true, 0.90, 10), ('won', 6, 'won', true, 1.00, null), ('lost', 7, 'lost', false, 0.00, null)
) as s(stage, stage_order, outcome, is_signed, default_probability_rate, allowed_workdays);

create table marts.dim_stage as
select 'default' as pipeline, stage,
    map {'initial_contact': '初步接触', 'needs_confirmed': '需求确认', 'quoting': '报价中', 'negotiating': '谈判中', 'signing': '签约待付款',
     'won': '赢单', 'lost': '输单'}[stage] as stage_name_zh,
    map {'initial_contact': 'Initial contact', 'needs_confirmed': 'Needs confirmed', 'quoting': 'Quoting', 'negotiating': 'Negotiating',
     'signing': 'Signed awaiting payment', 'won': 'Won', 'lost': 'Lost'}[stage] as stage_name_en,
    stage_order::bigint as stage_order,
    outcome, is_signed, false as is_after_sale, default_probability_rate::decimal(18, 6) as default_probability_rate,
    allowed_workdays::bigint as allowed_workdays, (select rules_version from night.reference.company) as rules_version
from stage;

create table marts.dim_org as
select org_id, name as org_name, kind, '/' || org_id || '/' as org_path, null::varchar as parent_path,
    null::varchar as region, null::varchar as team, 0::bigint as depth,
    date '1900-01-01' as valid_from, date '9999-12-31' as valid_before
from src_org where kind = 'company'
union all
select org_id, name, kind, '/ROOT/' || org_id || '/', '/ROOT/', name, null, 1, date '1900-01-01', date '9999-12-31'
from src_org where kind = 'region'
union all
select teams.org_id, teams.name, teams.kind, '/ROOT/' || regions.org_id || '/' || teams.org_id || '/',
    '/ROOT/' || regions.org_id || '/', regions.name, teams.name, 2, date '1900-01-01', date '9999-12-31'
from src_org as teams inner join src_org as regions on teams.parent_id = regions.org_id
where teams.kind = 'team';

-- Where a person stood; no two places on one day.
create table place as
select assignments.person_id, orgs.org_id, orgs.org_path, orgs.region, orgs.team, assignments.valid_from,
    coalesce(assignments.valid_to + 1, date '9999-12-31') as valid_before
from src_assignment as assignments
inner join marts.dim_org as orgs using (org_id);

create table marts.dim_person as
select people.person_id, people.name as person_name, place.org_id, place.org_path, place.team, place.region,
    people.manager_id, people.hired_on, people.left_on, place.valid_from, place.valid_before,
    getvariable('as_of') >= place.valid_from and getvariable('as_of') < place.valid_before as is_current,
    coalesce(people.left_on <= getvariable('as_of'), false) as has_left, null::varchar as email_masked
from src_people as people
inner join place using (person_id);

create table fx as
select currency, rate as fx_rate, valid_on as valid_from,
    coalesce(lead(valid_on) over (partition by currency order by valid_on), date '9999-12-31') as valid_before
from src_fx
union all
select 'CNY', 1, date '1900-01-01', date '9999-12-31';

create table tier_rule as
select * from (values
    (1, 'A', 'is_strategic', null, null), (2, 'A', 'six_month_signed_amount', 500000, null),
    (3, 'A', 'expected_amount', 1000000, null), (4, 'B', 'six_month_signed_amount', 100000, 500000),
    (5, 'B', 'expected_amount', 300000, 1000000), (6, 'C', 'otherwise', null, null)
) as t(rule_order, tier, tier_reason, at_least, below);
-- The rules in order, as one expression: first match wins.
create macro tier_rule_of(is_strategic, six_month_amount, expected_amount) as case
    when is_strategic then 1 when six_month_amount >= 500000 then 2 when expected_amount >= 1000000 then 3
    when six_month_amount >= 100000 then 4 when expected_amount >= 300000 then 5 else 6
end;
create macro to_money(amount) as round(amount, 2)::decimal(18, 2);
create macro divided(numerator, denominator) as numerator::double / nullif(denominator::double, 0);
create macro published_rate(value) as round(value::double, 12);
create macro rules_version() as (select rules_version from night.reference.company);
-- The sheet of cadences: which kinds of contact count for a tier.
create macro counts_for(tier, kind) as kind in ('visit', 'video') or (tier <> 'A' and kind in ('call', 'message'))
    or (tier = 'C' and kind in ('email', 'material'));
