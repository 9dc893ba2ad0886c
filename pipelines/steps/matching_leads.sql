-- Grain of matching.lead_customer: one row per lead that a customer was found for, by the first key
-- that leads to one customer alone: the record it became, phone, company, then other leads of the same
-- person (phone, WeChat id) that became one.
create or replace temp table match_lead as
select
    lead_id,
    converted_account_id,
    match_phone(phone) as phone_key,
    case when length(match_core(match_name(company))) >= 4 then match_name(company) end as name_key,
    nullif(wechat_id, '') as wechat_key
from landed.leads;

create or replace temp table match_lead_key as
select rule, key, min(customer_id) as customer_id
from (
    select 'converted' as rule, account_id as key, customer_id from matching.customer_record
    union all
    select 'phone', match_record.phone_key, customers.customer_id
    from match_record
    inner join matching.customer_record as customers using (account_id)
    union all
    select 'phone', match_phone(contacts.phone), customers.customer_id
    from landed.contacts
    inner join matching.customer_record as customers using (account_id)
    union all
    select 'company', match_record.name_key, customers.customer_id
    from match_record
    inner join matching.customer_record as customers using (account_id)
    where length(match_record.core) >= 4
)
where key is not null
group by rule, key
having count(distinct customer_id) = 1;

insert into matching.lead_customer
with own as (
    select leads.lead_id, keys.customer_id, keys.rule, keys.place
    from (
        select lead_id, 'converted' as rule, converted_account_id as key from match_lead
        union all
        select lead_id, 'phone', phone_key from match_lead
        union all
        select lead_id, 'company', name_key from match_lead
    ) as leads
    inner join (
        select *, list_position(['converted', 'phone', 'company'], rule) as place from match_lead_key
    ) as keys on leads.rule = keys.rule and leads.key = keys.key
    qualify row_number() over (partition by leads.lead_id order by keys.place) = 1
),

keyed as (
    select lead_id, 'same_phone' as rule, phone_key as key from match_lead where phone_key is not null
    union all
    select lead_id, 'wechat_id', wechat_key from match_lead where wechat_key is not null
),

-- What one of a person's leads became, his other leads belong to as well.
person as (
    select keyed.rule, keyed.key, min(own.customer_id) as customer_id
    from keyed
    inner join own on keyed.lead_id = own.lead_id
    group by keyed.rule, keyed.key
    having count(distinct own.customer_id) = 1
),

others as (
    select keyed.lead_id, person.customer_id, keyed.rule
    from keyed
    anti join own on keyed.lead_id = own.lead_id
    inner join person on keyed.rule = person.rule and keyed.key = person.key
    qualify row_number() over (partition by keyed.lead_id order by keyed.rule) = 1
)

select lead_id, customer_id, rule as matched_by from own
union all
select lead_id, customer_id, rule from others
order by lead_id;
