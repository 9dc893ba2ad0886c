-- Grain: one row per period × customer, product line or region that booked in it
-- Who makes 80 %: by amount, and by margin where orders carry their cost.
{% set dimensions = {
    'customer': 'customer_id', 'product_line': 'product_line', 'region': 'region'
} %}
with

bookings as (
    select * from {{ ref('fct_booking') }}
),

orders as (
    select * from {{ ref('stg_orders') }}
),

customers as (
    select customer_id, account_name from {{ ref('int_customer') }}
),

company as (
    select * from {{ source('reference', 'company') }}
),

periods as (
    select periods.*
    from {{ source('reference', 'period') }} as periods
    cross join company
    where periods.period_start <= company.as_of
),

-- Cost stands in the order's own currency: its share of the amount needs no rate.
costed as (
    select
        bookings.*,
        case
            when orders.cost is not null then {{ ratio('orders.cost', 'orders.amount') }}
        end as cost_rate
    from bookings
    left join orders
        on
            bookings.order_id = orders.order_id
            and bookings.booking_id = concat('order|', orders.order_id, '|', orders.line_no)
),

dimensioned as (
    {% for dimension, column in dimensions.items() %}
    select
        '{{ dimension }}' as dimension, {{ column }} as dimension_id, booked_on,
        sum(amount) as amount,
        sum(case when cost_rate is not null then amount end) as costed_amount,
        sum({{ exact('amount * (1 - cost_rate)') }}) as margin_amount
    from costed
    group by {{ column }}, booked_on
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

summed as (
    select
        periods.period_type,
        periods.period_start,
        periods.period_end,
        periods.period_label,
        dimensioned.dimension,
        dimensioned.dimension_id,
        {{ money('coalesce(sum(dimensioned.amount), 0)') }} as amount,
        {{ money('sum(dimensioned.costed_amount)') }} as costed_amount,
        {{ exact_money('sum(dimensioned.margin_amount)') }} as margin_amount
    from dimensioned
    inner join periods
        on
            dimensioned.booked_on >= periods.period_start
            and dimensioned.booked_on <= periods.period_end
    group by
        periods.period_type, periods.period_start, periods.period_end, periods.period_label,
        dimensioned.dimension, dimensioned.dimension_id
),

{% set cell = 'period_type, period_start, period_end, dimension' %}
ranked as (
    select
        summed.*,
        sum(amount) over (partition by {{ cell }}) as total_amount,
        row_number() over (partition by {{ cell }} order by amount desc, dimension_id asc) as place,
        sum(amount) over (
            partition by {{ cell }} order by amount desc, dimension_id asc
            rows between unbounded preceding and current row
        ) as cumulated_amount,
        sum(margin_amount) over (partition by {{ cell }}) as total_margin,
        sum(margin_amount) over (
            partition by {{ cell }} order by margin_amount desc nulls last, dimension_id asc
            rows between unbounded preceding and current row
        ) as cumulated_margin
    from summed
),

final as (
    select
        ranked.period_type,
        ranked.period_start,
        ranked.period_end,
        ranked.period_label,
        ranked.dimension,
        ranked.dimension_id,
        coalesce(customers.account_name, ranked.dimension_id) as dimension_name,
        cast(ranked.place as bigint) as place,
        ranked.amount,
        cast(ranked.total_amount as decimal(18, 2)) as total_amount,
        case
            when ranked.total_amount > 0 then {{ ratio('ranked.amount', 'ranked.total_amount') }}
        end as share,
        cast(ranked.cumulated_amount as decimal(18, 2)) as cumulated_amount,
        case
            when
                ranked.total_amount > 0
                then {{ ratio('ranked.cumulated_amount', 'ranked.total_amount') }}
        end
            as cumulated_share,
        -- Those who make 80 %: everybody up to and with the one who reaches it.
        ranked.total_amount > 0
        and (ranked.cumulated_amount - ranked.amount) * 10 < ranked.total_amount * 8
        and ranked.amount > 0 as is_in_80_percent,
        case when ranked.total_amount <= 0 then 'no_sales' end as share_reason,
        ranked.costed_amount,
        ranked.margin_amount,
        {{ ratio('ranked.margin_amount', 'ranked.costed_amount') }} as margin_rate,
        case
            when
                ranked.total_margin > 0
                then {{ ratio('ranked.margin_amount', 'ranked.total_margin') }}
        end
            as margin_share,
        case
            when ranked.total_margin > 0 and ranked.margin_amount is not null
                then {{ ratio('ranked.cumulated_margin', 'ranked.total_margin') }}
        end as cumulated_margin_share,
        case
            when ranked.margin_amount is null then 'no_cost'
            when ranked.costed_amount = 0 then 'no_sales'
            when ranked.total_margin <= 0 then 'no_margin'
        end as margin_reason
    from ranked
    left join
        customers
        on ranked.dimension = 'customer' and ranked.dimension_id = customers.customer_id
)

select * from final
