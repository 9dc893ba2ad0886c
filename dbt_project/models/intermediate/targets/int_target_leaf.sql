-- Grain: one row per leaf that holds a target: a person's cell or an unallocated seat
with

leaves as (
    select * from {{ source('cascade', 'target_leaf') }}
),

final as (
    select leaves.*, {{ leaf_id('leaves') }} as leaf_id
    from leaves
)

select * from final
