-- Grain: one row per opportunity and visit of a stage
-- From recorded stage changes; a deal without any is seen once, in the stage where it stands.
with

opportunities as (
    select * from {{ ref('fct_opportunity') }}
),

events as (
    select * from {{ source('landed', 'stage_events') }}
),

stages as (
    select * from {{ source('reference', 'stage') }}
),

recorded as (
    select
        events.opportunity_id,
        opportunities.pipeline,
        events.to_stage as stage,
        events.changed_on as entered_on,
        lead(events.changed_on) over (
            partition by events.opportunity_id order by events.changed_at, events.source_row
        ) as exited_on,
        'event' as precision,
        row_number() over (
            partition by events.opportunity_id order by events.changed_at, events.source_row
        ) as visit_no
    from events
    inner join opportunities on events.opportunity_id = opportunities.opportunity_id
),

unrecorded as (
    select
        opportunities.opportunity_id,
        opportunities.pipeline,
        opportunities.stage,
        coalesce(opportunities.closed_on, opportunities.created_on) as entered_on,
        cast(null as date) as exited_on,
        'imputed' as precision,
        1 as visit_no
    from opportunities
    where opportunities.opportunity_id not in (select recorded.opportunity_id from recorded)
),

visits as (
    select * from recorded
    union all
    select * from unrecorded
),

final as (
    select
        visits.opportunity_id,
        cast(visits.visit_no as bigint) as visit_no,
        visits.pipeline,
        visits.stage,
        stages.stage_order,
        stages.outcome,
        visits.entered_on,
        visits.exited_on,
        visits.precision
    from visits
    left join stages on visits.pipeline = stages.pipeline and visits.stage = stages.stage
)

select * from final
