-- Customers, opportunities with their stage changes, quotes and leads.
-- night 1 is the first delivery; night 2 holds what is new or changed one day later: 1 % of each.
create macro sold_line(d) as pick(d, 11, ['监护', '影像', '检验', '耗材']);
create macro deal_customer(d) as floor(draw(d, 10) * getvariable('customers'))::bigint;
-- Business grows: more deals late than early.
create macro deal_created_on(d) as case
    when d >= getvariable('opportunities') then getvariable('as_of') + 1
    else getvariable('start_on') + floor(getvariable('day_count') * power(draw(d, 12), 0.85))::int
end;
create macro as_minute(day, row_no, purpose) as
    day || ' ' || lpad((9 + floor(draw(row_no, purpose) * 3))::int::varchar, 2, '0')
    || ':' || lpad(floor(draw(row_no, purpose + 1) * 60)::int::varchar, 2, '0');

create view export_accounts as
select
    customer_id(c) as account_id,
    '客户' || lpad(c::varchar, 6, '0') || pick(c, 20, ['医院', '诊所', '药房', '器械公司']) as name,
    person_id(owner_of(c)) as owner_id,
    region_name(owner_of(c) % getvariable('teams')) as region,
    pick(c, 21, ['公立', '民营', '渠道']) as customer_type,
    pick(c, 22, ['展会', '转介绍', '官网']) as lead_source,
    case when draw(c, 23) < 0.02 then 'Y' else 'N' end as is_strategic,
    case when draw(c, 24) < 0.95 then 'active' when draw(c, 24) < 0.98 then 'paused' else 'invalid' end as state,
    case
        when c >= getvariable('customers') then getvariable('as_of') + 1
        else getvariable('start_on') + floor(getvariable('day_count') * power(draw(c, 25), 2))::int
    end || ' 09:00' as created_at,
    '13' || lpad((c * 7919 % 1000000000)::varchar, 9, '0') as phone,
    case when c < getvariable('customers') then 1 else 2 end as night
from range(getvariable('customers') + getvariable('customers') // 100) as r(c);

-- How far a deal will come (1 to 6, 6 is won) and how long each stage takes; the as-of day cuts the rest off.
create table deal as
with drawn as (
    select
        d,
        deal_customer(d) as c,
        deal_created_on(d) as created_on,
        case
            when draw(d, 13) < 0.25 then 1 when draw(d, 13) < 0.45 then 2 when draw(d, 13) < 0.60 then 3
            when draw(d, 13) < 0.70 then 4 when draw(d, 13) < 0.72 then 5 else 6
        end as furthest,
        2 + floor(45 * power(draw(d, 14), 2))::int as d1,
        2 + floor(45 * power(draw(d, 15), 2))::int as d2,
        2 + floor(45 * power(draw(d, 16), 2))::int as d3,
        2 + floor(45 * power(draw(d, 17), 2))::int as d4,
        2 + floor(45 * power(draw(d, 18), 2))::int as d5,
        draw(d, 19) < 0.03 as goes_back,
        round(5000 * power(60, draw(d, 30))) as amount,
        case when draw(d, 31) < 0.03 then 'USD' else 'CNY' end as currency
    from range(getvariable('opportunities') + getvariable('opportunities') // 100) as r(d)
),
planned as (
    select
        *,
        [created_on, created_on + d1, created_on + d1 + d2, created_on + d1 + d2 + d3,
            created_on + d1 + d2 + d3 + d4, created_on + d1 + d2 + d3 + d4 + d5] as entered
    from drawn
),
lived as (
    select
        *,
        -- One deal in twenty that will not be won is never closed.
        case when furthest < 6 and draw(d, 32) > 0.05 then entered[furthest] + 5 + d5 end as lost_on,
        least(furthest, len(list_filter(entered, lambda e: e <= greatest(getvariable('as_of'), created_on)))) as stage_no
    from planned
)
select
    *,
    case
        when lost_on <= getvariable('as_of') then 'lost' when stage_no = 6 then 'won' else 'open'
    end as outcome,
    case when lost_on <= getvariable('as_of') then lost_on when stage_no = 6 then entered[6] end as closed_on,
    d < getvariable('opportunities') as is_first_night
from lived;

-- What one day changes: open deals that take the next step on the day after the as-of day.
create table moved as
select *, stage_no + 1 as next_stage_no
from deal
where is_first_night and outcome = 'open'
qualify row_number() over (order by draw(d, 33), d) <= getvariable('opportunities') // 100;

create macro stage_name(n) as
    ['initial_contact', 'needs_confirmed', 'quoting', 'negotiating', 'signing', 'won', 'lost'][n];

create view all_deal as
select d, c, created_on, amount, currency, stage_no, outcome, closed_on, entered,
    case when is_first_night then 1 else 2 end as night
from deal
union all
select d, c, created_on, amount, currency, next_stage_no, case when next_stage_no = 6 then 'won' else 'open' end,
    case when next_stage_no = 6 then getvariable('as_of') + 1 end, entered, 2
from moved;

create view export_opportunities as
select
    deal_id(d) as opportunity_id,
    customer_id(c) as account_id,
    person_id(owner_of(c)) as owner_id,
    sold_line(d) as product_line,
    case when outcome = 'lost' then 'lost' else stage_name(stage_no) end as stage,
    amount::bigint as amount,
    currency,
    as_minute(created_on, d, 34) as created_at,
    (created_on + 60 + (90 * draw(d, 36))::int)::date as expected_close_on,
    closed_on || ' 16:00' as closed_at,
    coalesce(closed_on, case when night = 2 then getvariable('as_of') + 1 end, entered[stage_no]) || ' 18:00' as updated_at,
    pick(d, 37, ['展会', '转介绍', '官网']) as lead_source,
    case when outcome = 'lost' then pick(d, 38, ['价格', '竞品', '预算取消', '延期']) end as loss_reason,
    case when outcome = 'lost' and draw(d, 39) < 0.4 then pick(d, 40, ['甲公司', '乙公司', '丙公司']) end as competitor,
    night
from all_deal;

create view export_stage_events as
with told as (
    select d, c, 1 as stage_no, 0 as former_no, as_minute(created_on, d, 34) as changed_at,
        case when is_first_night then 1 else 2 end as night
    from deal
    union all
    select d, c, n, n - 1, entered[n] || ' 14:' || lpad(floor(draw(d, 40 + n) * 60)::int::varchar, 2, '0'), 1
    from deal, range(2, 7) as stages(n)
    where n <= stage_no and is_first_night
    union all
    select d, c, 7, stage_no, lost_on || ' 16:00', 1 from deal where outcome = 'lost' and is_first_night
    union all
    -- A few go back one stage for a day.
    select d, c, 2, 3, (entered[3] + 1) || ' 15:00', 1 from deal where goes_back and stage_no >= 4 and is_first_night
    union all
    select d, c, 3, 2, (entered[3] + 2) || ' 10:00', 1 from deal where goes_back and stage_no >= 4 and is_first_night
    union all
    select d, c, next_stage_no, stage_no, (getvariable('as_of') + 1) || ' 14:00', 2 from moved
)
select
    deal_id(d) as opportunity_id,
    stage_name(nullif(former_no, 0)) as from_stage,
    stage_name(stage_no) as to_stage,
    changed_at,
    person_id(owner_of(c)) as changed_by,
    night
from told;

create view export_quotes as
select
    'Q' || lpad(d::varchar, 7, '0') as quote_id, deal_id(d) as opportunity_id, entered[3] as issued_on,
    amount::bigint as amount, person_id(owner_of(c)) as person_id, 1 as night
from deal
where stage_no >= 3 and is_first_night
union all
select 'Q' || lpad(d::varchar, 7, '0'), deal_id(d), getvariable('as_of') + 1, amount::bigint, person_id(owner_of(c)), 2
from moved
where next_stage_no = 3;

create view export_leads as
with lead as (
    select
        l,
        floor(draw(l, 50) * getvariable('opportunities'))::bigint as d,
        draw(l, 51) < 0.3 as is_converted,
        l < getvariable('leads') as is_first_night
    from range(getvariable('leads') + getvariable('leads') // 100) as r(l)
),
dated as (
    select
        *,
        case
            when not is_first_night then getvariable('as_of') + 1
            when is_converted then greatest(deal_created_on(d) - floor(10 * draw(l, 52))::int, getvariable('start_on'))
            else getvariable('start_on') + floor(getvariable('day_count') * draw(l, 53))::int
        end as created_on,
        floor(draw(l, 54) * getvariable('people'))::bigint as p
    from lead
)
select
    'L' || lpad(l::varchar, 7, '0') as lead_id,
    as_minute(created_on, l, 55) as created_at,
    '联系人' || l as name,
    '139' || lpad((l * 104729 % 100000000)::varchar, 8, '0') as phone,
    pick(l, 57, ['展会', '官网', '广告', '转介绍']) as lead_source,
    person_id(p) as owner_id,
    case when draw(l, 58) < 0.9 then created_on || ' 12:10' end as assigned_at,
    case when draw(l, 58) < 0.8 then created_on || ' 12:' || (15 + floor(draw(l, 59) * 40)::int) end as first_response_at,
    case when is_converted then 'converted' when draw(l, 60) < 0.2 then 'invalid' else 'working' end as status,
    region_name(p % getvariable('teams')) as region,
    case when is_converted and is_first_night then customer_id(deal_customer(d)) end as converted_account_id,
    case when is_converted and is_first_night then deal_id(d) end as converted_opportunity_id,
    case when is_first_night then 1 else 2 end as night
from dated;
