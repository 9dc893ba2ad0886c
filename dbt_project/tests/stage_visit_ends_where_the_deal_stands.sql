{{ config(meta={
    'zh': '商机最后一次停留就是当前阶段，各次停留首尾相接',
    'dagster': {'ref': {'name': 'fct_stage_visit'}}}) }}
-- Every opportunity's last visit is the stage it stands in, and its visits follow one another
-- without gaps.
with

visits as (
    select
        opportunity_id, visit_no, stage, entered_on, exited_on,
        lead(entered_on) over (partition by opportunity_id order by visit_no) as next_entered_on
    from {{ ref('fct_stage_visit') }}
),

ends as (
    select opportunities.opportunity_id, 'last visit elsewhere' as problem
    from {{ ref('int_opportunity') }} as opportunities
    left join
        visits
        on opportunities.opportunity_id = visits.opportunity_id and visits.exited_on is null
    where visits.stage is distinct from opportunities.stage
),

gaps as (
    select opportunity_id, 'visits out of order' as problem
    from visits
    where exited_on is distinct from next_entered_on or exited_on < entered_on
)

select * from ends
union all
select * from gaps
