-- Grain: one row per order or opportunity and person who shares its credit
-- share_from and share_to cut 0 to 1 into consecutive pieces, in order of person; the last
-- ends at 1.
with

splits as (
    select * from {{ source('landed', 'credit_splits') }}
),

shares as (
    select
        case when order_id is not null then 'order' else 'opportunity' end as subject_kind,
        coalesce(order_id, opportunity_id) as subject_id,
        person_id,
        sum(share) as share
    from splits
    group by all
),

summed as (
    select
        shares.*,
        sum(share) over (partition by subject_kind, subject_id) as share_sum,
        min(share) over (partition by subject_kind, subject_id) as least_share,
        sum(share) over (
            partition by subject_kind, subject_id order by person_id rows unbounded preceding
        ) as share_so_far,
        row_number()
            over (partition by subject_kind, subject_id order by person_id desc)
            as place_from_last
    from shares
),

final as (
    select
        subject_kind,
        subject_id,
        person_id,
        share,
        share_sum,
        abs(share_sum - 1) <= 0.0001 and least_share > 0 as is_valid,
        cast(share_so_far - share as decimal(18, 6)) as share_from,
        cast(case when place_from_last = 1 then 1 else share_so_far end as decimal(18, 6))
            as share_to
    from summed
)

select * from final
