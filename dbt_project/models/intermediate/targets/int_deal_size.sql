-- Grain: one row per scope: the average deal of the twelve months up to D; company-wide where it
-- has none
-- Money targets are counted in deals of this size where they are too small for percentages.
with

scope_days as (
    select * from {{ ref('int_actual_scope_day') }}
),

summed as (
    select
        scope_type,
        scope_id,
        sum(case when metric = 'signed_amount' then value end) as signed_amount,
        sum(case when metric = 'order_count' then value end) as order_count
    from scope_days
    where
        metric in ('signed_amount', 'order_count')
        and event_on > {{ months_before(as_of(), 12) }}
    group by scope_type, scope_id
),

final as (
    select
        scope_type,
        scope_id,
        case
            when
                order_count > 0 and signed_amount > 0
                then {{ ratio('signed_amount', 'order_count') }}
        end as average_deal_amount
    from summed
)

select * from final
