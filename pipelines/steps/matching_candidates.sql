-- Grain of temp table match_candidate: one row per pair of records of different customers so far that
-- share a block; a block that many records share says nothing, so the pairs grow with the records only.
create or replace temp table match_candidate as
with blocks as (
    select record_no, 'letters ' || core_sorted as block from match_record where length(core) >= 4
    union all
    select record_no, 'begin ' || left(core, 4) from match_record where length(core) >= 5
    union all
    select record_no, 'email ' || email from match_record
    union all
    select record_no, 'phone ' || phone from match_record
    union all
    -- 太原博爱医疗器械 and 博爱医疗器械: one of them without its place.
    select record_no, 'whole ' || core from match_record where length(core) >= 4
),

shared as (
    select record_no, block from blocks
    where block is not null
    qualify count(*) over (partition by block) between 2 and $most_in_block
),

tails as (
    select record_no, 'whole ' || substr(core, 3) as block from match_record where length(core) >= 6
    qualify count(*) over (partition by substr(core, 3)) <= $most_in_block
),

wholes as (
    select record_no, block from blocks where starts_with(block, 'whole ')
    qualify count(*) over (partition by block) <= $most_in_block
),

pairs as (
    select l.record_no as one, r.record_no as two
    from shared as l
    inner join shared as r on l.block = r.block and l.record_no < r.record_no
    union
    select least(tails.record_no, wholes.record_no), greatest(tails.record_no, wholes.record_no)
    from tails
    inner join wholes on tails.block = wholes.block and tails.record_no <> wholes.record_no
)

select '0' as match_key, pairs.one as join_key_l, pairs.two as join_key_r
from pairs
inner join match_record as l on pairs.one = l.record_no
inner join match_record as r on pairs.two = r.record_no
left join match_cluster as lc on l.account_id = lc.account_id
left join match_cluster as rc on r.account_id = rc.account_id
where coalesce(lc.cluster_id, l.account_id) <> coalesce(rc.cluster_id, r.account_id)
order by all;
