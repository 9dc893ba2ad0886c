-- Who sells, where they stand, and what they are asked for. One in sixteen leaves, one in twenty moves.
-- A draw is a number from 0 to 1 that depends on nothing but the row, its purpose and the seed.
create macro draw(row_no, purpose) as
    (hash(row_no, purpose, getvariable('seed')) >> 11)::double / 9007199254740992.0;
create macro pick(row_no, purpose, choices) as choices[1 + floor(draw(row_no, purpose) * len(choices))::int];
create macro person_id(p) as 'P' || lpad(p::varchar, 4, '0');
create macro customer_id(c) as 'C' || lpad(c::varchar, 6, '0');
create macro deal_id(d) as 'D' || lpad(d::varchar, 7, '0');
create macro owner_of(customer_no) as floor(draw(customer_no, 1) * getvariable('people'))::bigint;
create macro region_name(team_no) as ['华东', '华南', '华北', '西南'][1 + team_no % 4];
create macro team_name(team_no) as region_name(team_no) || '第' || (1 + team_no // 4) || '队';
create macro team_id(team_no) as 'T' || lpad(team_no::varchar, 3, '0');

create table person as
with drawn as (
    select
        p,
        p % getvariable('teams') as team_no,
        p % 16 = 5 as has_left,
        p % 20 = 3 as is_moved,
        getvariable('start_on') + (getvariable('day_count') * (0.2 + 0.6 * draw(p, 4)))::int as changed_on
    from range(getvariable('people')) as r(p)
)
select p, team_no, has_left, is_moved and not has_left as is_moved, changed_on from drawn;

create view export_people as
select
    person_id(p) as person_id,
    '销售' || lpad(p::varchar, 4, '0') as name,
    team_name(team_no) as team,
    region_name(team_no) as region,
    case when p >= getvariable('teams') then person_id(team_no) end as manager_id,
    getvariable('start_on') - 400 as hired_on,
    case when has_left then changed_on end as left_on,
    1 as night
from person;

create view export_org_units as
select 'ROOT' as org_id, '公司' as name, null as parent_id, 'company' as kind, 1 as night
union all
select 'R' || n, region_name(n), 'ROOT', 'region', 1 from range(least(getvariable('teams'), 4)) as r(n)
union all
select team_id(n), team_name(n), 'R' || n % 4, 'team', 1 from range(getvariable('teams')) as t(n);

create view export_person_assignments as
select
    person_id(p) as person_id, team_id(team_no) as org_id, getvariable('start_on') - 400 as valid_from,
    case when has_left then changed_on when is_moved then changed_on - 1 end as valid_to, 1 as night
from person
union all
select person_id(p), team_id((team_no + 1) % getvariable('teams')), changed_on, null, 1
from person
where is_moved;

-- Targets by team and quarter for money signed, for the whole company and year for the rest.
create view export_targets as
select
    year(getvariable('as_of')) - 2 + y || 'Q' || (1 + q) as period, 'signed_amount' as metric,
    team_id(t) as node, 6000000 + 500000 * floor(draw(t * 100 + y * 4 + q, 5) * 8)::bigint as value, 1 as night
from range(3) as years(y), range(4) as quarters(q), range(getvariable('teams')) as teams(t)
union all
select year(getvariable('as_of')) - 2 + y, metric, 'ROOT', per_person * getvariable('people'), 1
from range(3) as years(y),
    (values ('collected_amount', 2000000), ('new_customer_count', 12), ('call_count', 900)) as m(metric, per_person);

create view export_fx_rates as
select
    'USD' as currency,
    (date_trunc('month', getvariable('start_on')) + to_months(m::int))::date as valid_on,
    round(6.9 + 0.5 * draw(m, 6), 4) as rate,
    1 as night
from range(60) as months(m)
where date_trunc('month', getvariable('start_on')) + to_months(m::int) <= getvariable('as_of');
