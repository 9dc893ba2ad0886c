-- Grain of temp table match_record: one row per account as handed over, with the keys it is found by.
-- Grain of temp table match_group: one row per exact key (credit code, phone, name) and account.

-- Width is made plain by the landing; what is left are letters and digits, capitals alike.
create or replace temp macro match_name(t) as
    nullif(regexp_replace(upper(t), '[^\p{L}\p{N}]', '', 'g'), '');

-- Without legal form, and without 省 and 市 behind the place.
create or replace temp macro match_core(n) as
    coalesce(nullif(
        regexp_replace(
            regexp_replace(
                n,
                '(?:股份有限公司|有限责任公司|集团有限公司|有限公司|责任公司|股份公司|集团公司|公司|集团|COLTD|LIMITED|LTD|INC|LLC|CORPORATION|CORP|COMPANY|GMBH|CO)$',
                ''
            ),
            '^(\p{Han}{2,3})(?:省(\p{Han}{2,3})市|[省市])', '\1\2'
        ), ''
    ), n);

-- 10 to 15 digits that nobody typed to fill the field.
create or replace temp macro match_phone(t) as
    case
        when regexp_full_match(regexp_replace(t, '[^0-9]', '', 'g'), '[0-9]{10,15}')
            and not regexp_matches(
                regexp_replace(t, '[^0-9]', '', 'g'),
                '0{7}|1{7}|2{7}|3{7}|4{7}|5{7}|6{7}|7{7}|8{7}|9{7}|1234567|7654321'
            )
            then regexp_replace(t, '[^0-9]', '', 'g')
    end;

-- 统一社会信用代码 by GB 32100-2015: 18 characters, the last one checks the others.
create or replace temp macro match_code_sum(c) as
    list_sum(list_transform(
        range(1, 18),
        lambda i: (strpos('0123456789ABCDEFGHJKLMNPQRTUWXY', substr(c, i, 1)) - 1)
        * [1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28][i]
    ));
create or replace temp macro match_credit_code(t) as
    case
        when regexp_full_match(upper(t), '[1-9ANY][0-9A-HJ-NPQRTUWXY][0-9]{6}[0-9A-HJ-NPQRTUWXY]{10}')
            and substr('0123456789ABCDEFGHJKLMNPQRTUWXY', cast((31 - match_code_sum(upper(t)) % 31) % 31 as integer) + 1, 1)
            = right(upper(t), 1)
            then upper(t)
    end;

create or replace temp table match_record as
with keyed as (
    select
        account_id, source, source_kind, created_at, region, industry,
        match_name(name) as name_key,
        match_phone(phone) as phone_key,
        match_credit_code(credit_code) as credit_code,
        lower(nullif(email, '')) as email
    from landed.accounts
),

-- A person to speak to is no proof, but it counts where the record has no phone of its own.
reached as (
    select account_id, min(match_phone(phone)) as phone
    from landed.contacts
    group by account_id
    having count(distinct match_phone(phone)) = 1
)

select
    row_number() over (order by keyed.account_id) as record_no,
    keyed.*,
    match_core(name_key) as core,
    name_key <> match_core(name_key) as has_legal_form,
    array_to_string(list_sort(string_split(match_core(name_key), '')), '') as core_sorted,
    array_to_string(list_sort(regexp_extract_all(match_core(name_key), '[0-9]+|[一二三四五六七八九十]')), ' ') as numbers,
    case
        when length(match_core(name_key)) = 1 then [match_core(name_key)]
        else list_distinct(list_transform(
            range(1, length(match_core(name_key))), lambda i: substr(match_core(name_key), i, 2)
        ))
    end as pieces,
    coalesce(keyed.phone_key, reached.phone) as phone
from keyed
left join reached using (account_id);

create or replace temp macro match_alike(one, two) as
    2.0 * len(list_intersect(one, two)) / (len(one) + len(two));

create or replace temp table match_group as
select account_id, rule, key, count(*) over (partition by rule, key) as group_size,
    first_value(account_id) over (partition by rule, key order by account_id) as first_id
from (
    select account_id, 'credit_code' as rule, credit_code as key from match_record
    union all
    select account_id, 'phone', phone_key from match_record
    union all
    -- 李女士 is no name to know a customer by.
    select account_id, 'name', name_key from match_record where length(core) >= 4
)
where key is not null;
