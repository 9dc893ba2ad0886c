-- Grain: one row per opportunity and stay in an open stage, with how the opportunity ended
-- afterwards
-- What the forecast learns from. Signed by stage or order is won; a loss undone within 30 days did
-- not happen; deleted deals are not here.
with

segments as (
    select * from {{ ref('int_opportunity_segment') }} where not is_deleted
),

visits as (
    select opportunity_id, visit_no, first_seen_on, has_history from {{ ref('fct_stage_visit') }}
),

stays as (
    select
        opportunity_id,
        visit_no,
        pipeline,
        stage,
        min(valid_from) as entered_on,
        max(valid_before) as left_on
    from segments
    where standing = 'open'
    group by opportunity_id, visit_no, pipeline, stage
),

endings as (
    select
        stays.opportunity_id,
        stays.visit_no,
        segments.standing,
        segments.valid_from as ended_on
    from stays
    inner join segments
        on
            stays.opportunity_id = segments.opportunity_id
            and stays.visit_no <= segments.visit_no
            and stays.left_on <= segments.valid_from
    where segments.standing <> 'open' and not segments.is_undone_loss
    qualify row_number() over (
        partition by stays.opportunity_id, stays.visit_no
        order by segments.visit_no, segments.valid_from
    ) = 1
),

final as (
    select
        stays.opportunity_id,
        stays.visit_no,
        stays.pipeline,
        stays.stage,
        stays.entered_on,
        -- Found open by the first export: watched from that day only.
        coalesce(visits.first_seen_on, stays.entered_on) as seen_on,
        stays.left_on,
        endings.ended_on,
        coalesce(endings.standing = 'won', false) as is_won,
        coalesce(visits.has_history, false) as has_history
    from stays
    left join
        visits
        on stays.opportunity_id = visits.opportunity_id and stays.visit_no = visits.visit_no
    left join
        endings
        on stays.opportunity_id = endings.opportunity_id and stays.visit_no = endings.visit_no
)

select * from final
