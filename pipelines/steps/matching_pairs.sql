-- Grain of temp table match_exact: one row per pair of records and exact key that they share.
-- objection: why the key alone does not join them; a person is asked instead.
create or replace temp table match_exact as
with shared as (
    -- One registered entity, however often it was entered: each with the first.
    select first_id as one, account_id as two, rule
    from match_group
    where rule = 'credit_code' and account_id <> first_id
    union all
    -- A phone or name that many records share (a switchboard, 散客) says nothing.
    select l.account_id, r.account_id, l.rule
    from match_group as l
    inner join match_group as r on l.rule = r.rule and l.key = r.key and l.account_id < r.account_id
    where l.rule <> 'credit_code' and l.group_size <= $most_sharing
)

select
    shared.one,
    shared.two,
    shared.rule,
    case
        when l.credit_code <> r.credit_code then 'credit_codes_differ'
        when
            shared.rule = 'phone'
            and l.core <> r.core and not contains(l.core, r.core) and not contains(r.core, l.core)
            and match_alike(l.pieces, r.pieces) < 0.5
            and not (least(length(l.core), length(r.core)) <= 3 and left(l.core, 1) = left(r.core, 1))
            then 'names_differ'
        when shared.rule = 'phone' and l.numbers <> r.numbers then 'names_differ'
        when
            shared.rule = 'name' and l.phone_key <> r.phone_key
            and (not l.has_legal_form or l.region <> r.region)
            then 'phones_differ'
        when
            shared.rule = 'name' and l.region <> r.region
            and coalesce(l.phone_key <> r.phone_key, true) and not l.has_legal_form
            then 'regions_differ'
    end as objection
from shared
inner join match_record as l on shared.one = l.account_id
inner join match_record as r on shared.two = r.account_id;
