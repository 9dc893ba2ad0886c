-- Grain: one row per order or opportunity with a split and person who shares its credit
-- An order's own split goes before its opportunity's.
with

orders as (
    select * from {{ ref('int_order') }}
),

splits as (
    select * from {{ ref('int_credit_split') }}
),

own as (
    select concat('order|', subject_id) as credit_key, splits.*
    from splits
    where subject_kind = 'order'
),

inherited as (
    select concat('order|', orders.order_id) as credit_key, splits.*
    from orders
    inner join
        splits
        on splits.subject_kind = 'opportunity' and orders.opportunity_id = splits.subject_id
    where concat('order|', orders.order_id) not in (select own.credit_key from own)
),

of_opportunities as (
    select concat('opportunity|', subject_id) as credit_key, splits.*
    from splits
    where subject_kind = 'opportunity'
),

final as (
    select * from own
    union all
    select * from inherited
    union all
    select * from of_opportunities
)

select credit_key, person_id, share, share_sum, is_valid, share_from, share_to from final
