-- Orders of won deals, what is due on them, what was paid; and what people did for it.
create table sale as
select d, c, amount, currency, closed_on as signed_on, night, draw(d, 70) < 0.1 as has_two_lines,
    case when draw(d, 71) < 0.02 and closed_on + 20 <= getvariable('as_of') then closed_on + 20 end as cancelled_on
from all_deal
where outcome = 'won';

create view export_orders as
with line as (
    select *, 1 as line_no, case when has_two_lines then round(amount * 0.6) else amount end as line_amount from sale
    union all
    select *, 2, amount - round(amount * 0.6) from sale where has_two_lines
)
select
    'O' || lpad(d::varchar, 7, '0') as order_id,
    line_no,
    customer_id(c) as account_id,
    person_id(owner_of(c)) as person_id,
    signed_on,
    line_amount::bigint as amount,
    currency,
    deal_id(d) as opportunity_id,
    sold_line(d) as product_line,
    case when cancelled_on is null then 'effective' else 'cancelled' end as status,
    cancelled_on,
    night
from line;

create view instalment as
select d, 1 as n, signed_on + 30 as due_on, round(amount * 0.5) as amount, night from sale
union all
select d, 2, signed_on + 90, amount - round(amount * 0.5), night from sale;

create view export_receivables as
select 'O' || lpad(d::varchar, 7, '0') as order_id, due_on, amount::bigint as amount, night from instalment;

create view export_payments as
with planned as (
    select *, due_on - 5 + floor(45 * draw(d * 2 + n, 72))::int as received_on
    from instalment
    where night = 1 and draw(d * 2 + n, 73) < 0.9
)
select
    'Y' || lpad(d::varchar, 7, '0') || n as payment_id,
    'O' || lpad(d::varchar, 7, '0') as order_id,
    least(received_on, getvariable('as_of') + 1) as received_on,
    amount::bigint as amount,
    case when received_on <= getvariable('as_of') then 1 else 2 end as night
from planned
-- The second night brings what would have come in the ten days after it: 1 % of three years.
where received_on <= getvariable('as_of') + 10;

create view export_activities as
with act as (
    select
        a,
        floor(draw(a, 80) * getvariable('opportunities'))::bigint as d,
        draw(a, 81) < 0.7 as is_on_deal,
        a < getvariable('activities') as is_first_night
    from range(getvariable('activities') + getvariable('activities') // 100) as r(a)
),
placed as (
    select
        *,
        case when is_on_deal then deal_customer(d) else floor(draw(a, 82) * getvariable('customers'))::bigint end as c,
        case
            when not is_first_night then getvariable('as_of') + 1
            when is_on_deal then least(deal_created_on(d) + floor(120 * draw(a, 83))::int, getvariable('as_of'))
            else getvariable('start_on') + floor(getvariable('day_count') * draw(a, 83))::int
        end as occurred_on
    from act
)
select
    'A' || a as activity_id,
    person_id(owner_of(c)) as person_id,
    as_minute(occurred_on, a, 84) as occurred_at,
    pick(a, 86, ['call', 'call', 'call', 'visit', 'visit', 'message', 'email', 'material']) as kind,
    case when not is_on_deal then customer_id(c) end as account_id,
    case when is_on_deal then deal_id(d) end as opportunity_id,
    case when draw(a, 87) < 0.2 then pick(a, 88, ['确认了招标安排与时间', '沟通售后条款与付款方式', '已联系']) end as content,
    case when is_first_night then 1 else 2 end as night
from placed;
