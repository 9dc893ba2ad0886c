-- Grain: one row per opportunity, attempt and stage first entered in it
-- What became of an entry: advanced to a later stage or won, lost, or open at D; times in workdays.
-- A step back never un-reaches; a loss undone within 30 days did not happen; a transfer reset is no
-- entry.
with

-- Carried along instead of joined again: what is joined has to be held, and visits are many.
visits as (
    select
        opportunity_id,
        attempt_no,
        visit_no,
        pipeline,
        pipeline_version,
        stage,
        stage_order,
        effective_order,
        outcome,
        cause,
        is_undone_loss,
        entered_on,
        entered_workday_index,
        first_seen_on,
        has_history,
        sum(stay_workdays)
            over (partition by opportunity_id, attempt_no, stage)
            as all_stay_workdays
    from {{ ref('fct_stage_visit') }}
),

segments as (
    select opportunity_id, visit_no, leaf_id, lead_source
    from {{ ref('int_opportunity_segment') }}
    where part_no = 1 and not is_deleted
),

stages as (
    select * from {{ ref('int_pipeline_stage') }}
),

days as (
    select * from {{ source('reference', 'calendar_day') }}
),

steps as (
    select
        pipeline,
        pipeline_version,
        stage,
        stage_order,
        lead(stage)
            over (partition by pipeline, pipeline_version order by stage_order)
            as next_stage
    from stages
    where outcome <> 'lost' and not is_after_sale
),

entries as (
    select *
    from visits
    where
        outcome = 'open' and stage_order is not null and cause <> 'transfer_reset'
        and effective_order = stage_order
    qualify row_number() over (partition by opportunity_id, attempt_no, stage order by visit_no) = 1
),

later as (
    select
        entries.opportunity_id,
        entries.visit_no,
        min(case
            when visits.outcome = 'won'
                or (
                    visits.outcome = 'open'
                    and visits.effective_order > coalesce(ranks.stage_order, entries.stage_order)
                )
                then visits.visit_no
        end) as advanced_visit_no,
        -- Visits follow each other: the first of a kind by number is the first by day.
        min(case
            when visits.outcome = 'won'
                or (
                    visits.outcome = 'open'
                    and visits.effective_order > coalesce(ranks.stage_order, entries.stage_order)
                )
                then visits.entered_workday_index
        end) as advanced_index,
        min(
            case when visits.outcome = 'lost' and not visits.is_undone_loss then visits.visit_no end
        ) as lost_visit_no,
        min(
            case
                when
                    visits.outcome = 'lost' and not visits.is_undone_loss
                    then visits.entered_workday_index
            end
        )
            as lost_index,
        min(case when visits.outcome = 'won' then visits.visit_no end) as won_visit_no,
        min(case when visits.outcome = 'won' then visits.entered_workday_index end) as won_index,
        max(case when visits.stage = steps.next_stage then 1 else 0 end) as is_next_visited
    from entries
    inner join visits
        on
            entries.opportunity_id = visits.opportunity_id
            and entries.attempt_no = visits.attempt_no
            and entries.visit_no < visits.visit_no
    -- The stage entered, ranked by the list in force at the later visit.
    left join stages as ranks
        on
            visits.pipeline = ranks.pipeline
            and visits.pipeline_version = ranks.pipeline_version
            and entries.stage = ranks.stage
    left join steps
        on
            entries.pipeline = steps.pipeline
            and entries.pipeline_version = steps.pipeline_version
            and entries.stage = steps.stage
    group by entries.opportunity_id, entries.visit_no
),

judged as (
    select
        entries.*,
        later.won_visit_no,
        later.is_next_visited,
        case
            when
                later.advanced_visit_no < coalesce(later.lost_visit_no, later.advanced_visit_no + 1)
                then 'advanced'
            when later.lost_visit_no is not null then 'lost'
            else 'open'
        end as result,
        least(later.advanced_index, later.lost_index) as result_index,
        least(later.won_visit_no, later.lost_visit_no) as end_visit_no,
        least(later.won_index, later.lost_index) as end_index
    from entries
    left join later
        on entries.opportunity_id = later.opportunity_id and entries.visit_no = later.visit_no
),

timed as (
    select
        judged.opportunity_id,
        judged.attempt_no,
        judged.visit_no,
        judged.pipeline,
        judged.stage,
        judged.stage_order,
        segments.leaf_id,
        segments.lead_source,
        judged.entered_on,
        entry_days.month_start_on,
        judged.result,
        judged.won_visit_no is not null as is_won,
        coalesce(judged.is_next_visited, 0) = 1 as is_next_visited,
        judged.has_history as was_seen_open,
        -- −1: at risk from the first moment, so that an event on the day of entry counts.
        case
            when judged.first_seen_on is null then -1
            else seen_days.workday_index - coalesce(entry_days.workday_index, 0)
        end as risk_from_workdays,
        coalesce(
            case when judged.result <> 'open' then judged.result_index end, today.workday_index
        )
        - coalesce(entry_days.workday_index, 0) as elapsed_workdays,
        -- How the attempt ended, whatever came between: won, lost, or open.
        case
            when judged.end_visit_no is null then 'open'
            when judged.end_visit_no = judged.won_visit_no then 'won'
            else 'lost'
        end as end_result,
        coalesce(judged.end_index, today.workday_index)
        - coalesce(entry_days.workday_index, 0) as end_workdays,
        today.workday_index - coalesce(entry_days.workday_index, 0) as age_workdays,
        case when judged.result <> 'open' then judged.all_stay_workdays end as stay_workdays
    from judged
    cross join days as today
    left join days as entry_days on judged.entered_on = entry_days.date_day
    left join days as seen_days on judged.first_seen_on = seen_days.date_day
    left join
        segments
        on judged.opportunity_id = segments.opportunity_id and judged.visit_no = segments.visit_no
    where today.date_day = {{ as_of() }}
),

final as (
    select
        timed.*,
        -- Seen open, and watched for a while: a single export tells how things stand, not how long
        -- they take.
        was_seen_open and elapsed_workdays > risk_from_workdays as has_history
    from timed
)

select * from final
