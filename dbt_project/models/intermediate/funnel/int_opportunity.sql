-- Grain: one row per opportunity that existed at the end of D, as it stood then
with

opportunities as (
    select * from {{ ref('stg_opportunities') }}
),

events as (
    select
        opportunity_id,
        to_stage,
        changed_on,
        row_number()
            over (partition by opportunity_id order by changed_at desc, source_row desc)
            as newness
    from {{ source('landed', 'stage_events') }}
),

stages as (
    select * from {{ ref('int_pipeline_stage') }} where is_current
),

first_stages as (
    select pipeline, stage from stages where is_first
),

known as (
    select
        opportunities.*,
        latest.to_stage as event_stage,
        latest.changed_on as event_on,
        -- A landing taken after D knows more than D did: then the recorded events, or else the
        -- dates inside the row, say where the deal stood.
        opportunities.is_reconstructed
        and opportunities.closed_on > {{ as_of() }} as is_closed_later
    from opportunities
    left join events as latest
        on opportunities.opportunity_id = latest.opportunity_id and latest.newness = 1
),

staged as (
    select
        known.*,
        case
            when known.is_reconstructed and known.event_stage is not null then known.event_stage
            when known.is_closed_later then first_stages.stage
            else known.stage
        end as stage_as_of,
        known.is_closed_later and known.event_stage is null as is_stage_reconstructed
    from known
    left join first_stages on known.pipeline = first_stages.pipeline
),

final as (
    select
        staged.opportunity_id,
        staged.opportunity_name,
        staged.account_id,
        coalesce(staged.owner_id, 'unknown') as owner_id,
        staged.pipeline,
        staged.product_line,
        staged.region,
        staged.stage_as_of as stage,
        stages.stage_order,
        stages.outcome,
        stages.is_signed,
        staged.is_stage_reconstructed,
        staged.amount,
        staged.currency,
        staged.typed_probability_rate,
        staged.created_on,
        staged.is_undated,
        staged.expected_close_on,
        case
            when
                stages.outcome <> 'open'
                then coalesce(staged.closed_on, staged.event_on, staged.landed_on)
        end
            as closed_on,
        staged.lead_source,
        staged.loss_reason,
        staged.competitor,
        staged.source,
        staged.source_row
    from staged
    left join stages on staged.pipeline = stages.pipeline and staged.stage_as_of = stages.stage
)

select * from final
