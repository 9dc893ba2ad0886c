-- Who had which deal where on any day, the leaves of the funnel marts, and what became of each entry.
-- Leaves and scopes are numbers here: every funnel mart joins by them.
-- A stay is cut where its owner moved to another place; a closed deal stays with whoever closed it.
create table segment_raw as
with stays as (
    select visits.opportunity_id, visit_no, visits.stage, visits.stage_order, visits.outcome, visits.is_signed,
        entered_on as stay_from, coalesce(exited_on, date '9999-12-31') as stay_before, owner_id as person_id
    from marts.fct_stage_visit as visits
    inner join src_deal using (opportunity_id)
),
cuts as (
    select person_id, valid_from as cut_on from place
    union
    select person_id, valid_before from place where valid_before < date '9999-12-31'
),
starts as (
    select opportunity_id, visit_no, stay_from as valid_from from stays
    union all
    select opportunity_id, visit_no, cut_on
    from stays inner join cuts using (person_id)
    where outcome = 'open' and cut_on > stay_from and cut_on < stay_before and cut_on <= getvariable('as_of')
    union all
    select opportunity_id, visit_no, min(signed_on)
    from stays inner join order_in_force using (opportunity_id)
    where outcome = 'open' and signed_on > stay_from and signed_on < stay_before
    group by 1, 2
)
select
    stays.*, starts.valid_from,
    coalesce(lead(starts.valid_from) over parts, stay_before) as valid_before,
    row_number() over parts as part_no,
    count(*) over (partition by opportunity_id, visit_no) as part_count
from starts
inner join stays using (opportunity_id, visit_no)
window parts as (partition by opportunity_id, visit_no order by starts.valid_from);

create table segment_wide as
select
    raw.opportunity_id, raw.visit_no, part_no, part_count, raw.stage, raw.stage_order, raw.outcome,
    case
        when raw.outcome = 'lost' then 'lost'
        when raw.outcome = 'won' or raw.is_signed or raw.valid_from >= orders.signed_on then 'won' else 'open'
    end as standing,
    raw.person_id, coalesce(place.org_path, '/unknown/') as org_path, coalesce(place.team, 'unknown') as team,
    deals.region, deals.product_line, deals.customer_type, deals.tier, deals.lead_source,
    deals.original_amount, deals.currency,
    (deals.original_amount * deals.fx_rate)::decimal(18, 4) as amount,
    deals.expected_close_on, orders.signed_on as order_signed_on, raw.valid_from, raw.valid_before
from segment_raw as raw
inner join marts.fct_opportunity as deals using (opportunity_id)
left join (select opportunity_id, min(signed_on) as signed_on from order_in_force group by 1) as orders using (opportunity_id)
left join place
    on raw.person_id = place.person_id and raw.valid_from >= place.valid_from and raw.valid_from < place.valid_before;

create table leaf as
select row_number() over () as leaf_no, * from (
    select person_id, org_path, team, region, product_line, customer_type, tier from segment_wide group by all
);

create table segment as
select row_number() over (order by opportunity_id) as segment_no, segment_wide.* exclude (person_id, org_path, team, region, customer_type), leaf_no
from segment_wide
inner join leaf using (person_id, org_path, team, region, product_line, customer_type, tier);
drop table segment_raw;
drop table segment_wide;

-- Every scope that a leaf belongs to; what a figure is not broken down by reads (all) and is no scope.
create macro scopes_of(leaves) as table
with named as (
    select leaves.*, coalesce(name, leaves.person_id) as person_name
    from query_table(leaves) as leaves left join src_people using (person_id)
),
nodes as (
    select paths.org_path, nodes.org_id, nodes.org_name
    from marts.dim_org as paths inner join marts.dim_org as nodes on starts_with(paths.org_path, nodes.org_path)
),
rows_of as (
    select leaf_no, 'company' as scope_type, 'company' as scope_id, 'company' as scope_name from named
    union all select leaf_no, 'org', org_id, org_name from named inner join nodes using (org_path)
    union all select leaf_no, 'region', region, region from named
    union all select leaf_no, 'team', team, team from named
    union all select leaf_no, 'product_line', product_line, product_line from named
    union all select leaf_no, 'customer_type', customer_type, customer_type from named
    union all select leaf_no, 'tier', tier, tier from named
    union all select leaf_no, 'person', person_id, person_name from named
    union all select leaf_no, 'region_product_line', concat(region, '|', product_line), concat(region, ' | ', product_line) from named
    union all select leaf_no, 'team_product_line', concat(team, '|', product_line), concat(team, ' | ', product_line) from named
    union all select leaf_no, 'person_product_line', concat(person_id, '|', product_line), concat(person_name, ' | ', product_line)
        from named
)
select * from rows_of where scope_id not like '%(all)';

create table scope_row as from scopes_of('leaf');

create table scope as
select row_number() over (order by scope_type, scope_id) as scope_no, scope_type, scope_id, max(scope_name) as scope_name
from scope_row group by scope_type, scope_id;

create table leaf_scope as
select leaf_no, scope_no from scope_row inner join scope using (scope_type, scope_id);

-- One row per deal and stage first entered: advanced, lost or open, and how long it took.
create table entry as
with visits as (
    select opportunity_id, visit_no, stage, stage_order, outcome, entered_on, entered_workday_index, stay_workdays
    from marts.fct_stage_visit
),
entries as (
    select * from visits
    where outcome = 'open'
    qualify row_number() over (partition by opportunity_id, stage_order order by visit_no) = 1
),
later as (
    select
        entries.opportunity_id, entries.visit_no,
        min(case when visits.outcome = 'won' or (visits.outcome = 'open' and visits.stage_order > entries.stage_order)
            then visits.visit_no end) as advanced_no,
        arg_min(visits.entered_workday_index, visits.visit_no) filter (
            visits.outcome = 'won' or (visits.outcome = 'open' and visits.stage_order > entries.stage_order)
        ) as advanced_index,
        min(case when visits.outcome = 'lost' then visits.visit_no end) as lost_no,
        min(case when visits.outcome = 'lost' then visits.entered_workday_index end) as lost_index,
        min(case when visits.outcome = 'won' then visits.visit_no end) as won_no,
        min(case when visits.outcome = 'won' then visits.entered_workday_index end) as won_index,
        max((visits.stage_order = entries.stage_order + 1)::int) as is_next_visited
    from entries
    inner join visits on entries.opportunity_id = visits.opportunity_id and entries.visit_no < visits.visit_no
    group by 1, 2
),
stays as (
    select opportunity_id, stage_order, sum(stay_workdays)::bigint as stay_workdays from visits group by 1, 2
)
select
    entries.opportunity_id, entries.visit_no, entries.stage, entries.stage_order, segment.leaf_no, segment.lead_source,
    day.month_start_on,
    case when advanced_no < coalesce(lost_no, advanced_no + 1) then 'advanced' when lost_no is not null then 'lost' else 'open' end
        as result,
    won_no is not null as is_won,
    coalesce(is_next_visited, 0) = 1 as is_next_visited,
    case
        when advanced_no < coalesce(lost_no, advanced_no + 1) then advanced_index
        when lost_no is not null then lost_index else today_index()
    end - entries.entered_workday_index as elapsed_workdays,
    today_index() - entries.entered_workday_index as age_workdays,
    case when won_no < coalesce(lost_no, won_no + 1) then 'won' when lost_no is not null then 'lost' else 'open' end as end_result,
    coalesce(least(won_index, lost_index), today_index()) - entries.entered_workday_index as end_workdays,
    entries.entered_workday_index,
    case when advanced_no is not null or lost_no is not null then stays.stay_workdays end as stay_workdays
from entries
left join later using (opportunity_id, visit_no)
inner join stays on entries.opportunity_id = stays.opportunity_id and entries.stage_order = stays.stage_order
inner join day on entries.entered_on = day.date_day
inner join segment
    on entries.opportunity_id = segment.opportunity_id and entries.visit_no = segment.visit_no and segment.part_no = 1;
