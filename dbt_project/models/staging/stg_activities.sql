-- Grain: one row per recorded activity up to the end of D
with

activities as (
    select * from {{ source('landed', 'activities') }}
),

final as (
    select
        activity_id,
        coalesce(person_id, 'unknown') as person_id,
        occurred_at,
        occurred_on,
        kind,
        entered_at,
        entered_on,
        account_id,
        opportunity_id,
        lead_id,
        content,
        feedback,
        next_step,
        next_step_on,
        attachment,
        open_questions_asked,
        source,
        source_row
    from activities
)

select * from final
