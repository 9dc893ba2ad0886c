-- Grain: one row per instalment: what of the order's money it has received, in the order's
-- currency
-- Money goes to the instalments of its order in the order of their due days; a refund takes
-- from the last.
with

instalments as (
    select
        receivables.*,
        row_number() over (partition by order_id order by due_on) as instalment_no,
        row_number() over (partition by order_id order by due_on desc) as place_from_last,
        sum(amount)
            over (partition by order_id order by due_on rows unbounded preceding)
            as due_so_far
    from {{ ref('stg_receivables') }} as receivables
),

payments as (
    select
        payments.*,
        sum(amount) over (
            partition by order_id order by received_on, payment_id rows unbounded preceding
        ) as received_so_far,
        sum(amount) over (partition by order_id) as received_amount
    from {{ ref('stg_payments') }} as payments
),

received as (
    select order_id, max(received_amount) as received_amount
    from payments
    group by order_id
),

orders as (
    select * from {{ ref('int_order') }}
),

allocated as (
    select
        instalments.*,
        orders.signed_on,
        coalesce(received.received_amount, 0) as received_amount,
        instalments.due_so_far - instalments.amount as due_before,
        least(
            instalments.amount,
            greatest(
                coalesce(received.received_amount, 0)
                - (instalments.due_so_far - instalments.amount),
                0
            )
        ) as paid_amount,
        case
            when instalments.place_from_last = 1
                then greatest(coalesce(received.received_amount, 0) - instalments.due_so_far, 0)
            else 0
        end as overpaid_amount
    from instalments
    left join received on instalments.order_id = received.order_id
    left join orders on instalments.order_id = orders.order_id
),

-- The part of each payment that went to each instalment, as overlaps of their running sums.
met as (
    select
        allocated.order_id,
        allocated.due_on,
        payments.received_on,
        least(payments.received_so_far, payments.received_amount, allocated.due_so_far)
        - greatest(payments.received_so_far - payments.amount, allocated.due_before) as met_amount,
        {{ days_between('allocated.signed_on', 'payments.received_on') }} as days_from_signing
    from allocated
    inner join payments on allocated.order_id = payments.order_id
),

timed as (
    select
        order_id,
        due_on,
        max(received_on) as last_received_on,
        sum({{ wide_product('met_amount', 'days_from_signing') }}) as met_amount_days,
        sum(case when days_from_signing is not null then met_amount end) as timed_amount
    from met
    where met_amount > 0
    group by order_id, due_on
),

final as (
    select
        allocated.order_id,
        allocated.due_on,
        allocated.instalment_no,
        allocated.place_from_last = 1 as is_last,
        allocated.amount,
        allocated.paid_amount,
        allocated.overpaid_amount,
        allocated.received_amount,
        case when allocated.paid_amount >= allocated.amount then timed.last_received_on end
            as paid_in_full_on,
        timed.met_amount_days,
        timed.timed_amount,
        allocated.source,
        allocated.source_row
    from allocated
    left join timed on allocated.order_id = timed.order_id and allocated.due_on = timed.due_on
)

select * from final
