-- Grain: one row per customer: its owner at D, since when, and who had it before
with

places as (
    select * from {{ ref('int_customer_place') }}
),

compared as (
    select
        customer_id,
        person_id,
        lag(person_id) over (partition by customer_id order by valid_from) as former_person_id,
        valid_from,
        min(valid_from) over (partition by customer_id) as known_on
    from places
),

final as (
    select
        customer_id,
        person_id,
        valid_from as assigned_on,
        former_person_id,
        known_on
    from compared
    where former_person_id is null or former_person_id <> person_id
    qualify row_number() over (partition by customer_id order by valid_from desc) = 1
)

select * from final
