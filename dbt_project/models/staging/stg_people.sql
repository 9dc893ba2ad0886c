-- Grain: one row per person known at the end of D
with

people as (
    select * from {{ source('landed', 'people') }}
),

final as (
    select
        person_id,
        name as person_name,
        team,
        region,
        manager_id,
        hired_on,
        left_on,
        email,
        wecom_id,
        dingtalk_id,
        source,
        source_row
    from people
)

select * from final
