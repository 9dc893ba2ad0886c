-- Grain: one row per order, line and credited person: which piece of the order's money is
-- theirs
-- Pieces follow the amounts as first signed, so that a later change never moves money already
-- received.
with

entries as (
    select * from {{ ref('int_order_entry') }}
),

orders as (
    select * from {{ ref('int_order') }}
),

shares as (
    select * from {{ ref('int_credit_share') }}
    where is_valid
),

lines as (
    select
        order_id,
        booking_id,
        product_line,
        region,
        account_id,
        greatest(position_after, 0) as signed_amount
    from entries
    where effective_step = 1
    qualify row_number() over (partition by booking_id order by entry_id) = 1
),

weighed as (
    select
        lines.*,
        sum(signed_amount) over (partition by order_id) as order_amount,
        sum(signed_amount) over (
            partition by order_id order by booking_id rows unbounded preceding
        ) as amount_so_far,
        row_number() over (partition by order_id order by booking_id) as line_place,
        row_number() over (partition by order_id order by booking_id desc) as place_from_last
    from lines
),

pieces as (
    select
        weighed.*,
        -- An order worth nothing: its first line stands for it.
        case
            when order_amount = 0 then case when line_place = 1 then 0 else 1 end
            else {{ ratio('amount_so_far - signed_amount', 'order_amount') }}
        end as line_from,
        case
            when order_amount = 0 or place_from_last = 1 then 1
            else {{ ratio('amount_so_far', 'order_amount') }}
        end as line_to
    from weighed
),

final as (
    select
        pieces.order_id,
        pieces.booking_id,
        pieces.product_line,
        pieces.region,
        pieces.account_id,
        orders.signed_on,
        coalesce(shares.person_id, orders.person_id, 'unknown') as person_id,
        cast(
            pieces.line_from
            + (pieces.line_to - pieces.line_from)
            * coalesce(shares.share_from, 0) as decimal(18, 12)
        ) as share_from,
        cast(
            case
                when coalesce(shares.share_to, 1) = 1 then pieces.line_to
                else pieces.line_from + (pieces.line_to - pieces.line_from) * shares.share_to
            end as decimal(18, 12)
        ) as share_to
    from pieces
    inner join orders on pieces.order_id = orders.order_id
    left join shares on concat('order|', pieces.order_id) = shares.credit_key
    where pieces.line_to > pieces.line_from
)

select * from final
