-- Grain: one row per period × scope
-- Active: an effective order in the 12 months before, and not invalid on that day. Credit is
-- stamped: what a customer bought counts where it was signed, so that nobody's leaving and no
-- change of owner moves it.
with

bookings as (
    select * from {{ ref('fct_booking') }} where customer_id <> 'unknown'
),

order_events as (
    select * from {{ ref('int_order_event') }} where customer_id <> 'unknown'
),

new_customers as (
    select * from {{ ref('int_new_customer_event') }}
),

-- Records may be younger than what they bought: whoever ordered was a customer, as the first of
-- them shows it.
lives as (
    select
        customer_id,
        is_alive,
        case
            when row_number() over (partition by customer_id order by valid_from) = 1
                then cast('1900-01-01' as date)
            else valid_from
        end as valid_from,
        valid_before
    from {{ ref('int_customer_life') }}
),

leaf_scopes as (
    select leaf_id, scope_no from {{ ref('int_leaf_scope') }}
),

scopes as (
    select * from {{ ref('int_scope') }}
),

company as (
    select * from {{ source('reference', 'company') }}
),

periods as (
    select
        row_number()
            over (order by periods.period_type, periods.period_start, periods.period_end)
            as period_no,
        periods.*,
        {{ days_after('periods.period_start', -1) }} as begin_on,
        least(periods.period_end, company.as_of) as end_on,
        periods.period_start
        < {{ months_after('company.first_recorded_on', 12) }} as is_history_short
    from {{ source('reference', 'period') }} as periods
    cross join company
    where
        periods.period_start <= company.as_of
        and periods.period_end >= coalesce(company.first_recorded_on, company.as_of)
),

order_turns as (
    select
        order_events.*,
        {{ leaf_id('order_events') }} as leaf_id,
        coalesce(
            lead(event_on) over (partition by order_id order by event_on asc, step desc),
            cast('9999-12-31' as date)
        ) as turned_on,
        min(event_on) over (partition by order_id) as signed_on
    from order_events
),

-- Twelve months, exclusive: an order speaks for the days up to the one before its anniversary.
order_spans as (
    select
        customer_id, leaf_id, event_on as valid_from,
        least(turned_on, {{ leaves_window_on('signed_on', 12) }}) as valid_before
    from order_turns
    where step = 1
),

changes as (
    select
        customer_id,
        leaf_id,
        valid_from as changed_on,
        1 as order_step,
        0 as amount_step,
        0 as new_step
    from order_spans
    where valid_from < valid_before
    union all
    select
        customer_id,
        leaf_id,
        valid_before as changed_on,
        -1 as order_step,
        0 as amount_step,
        0 as new_step
    from order_spans
    where valid_from < valid_before
    union all
    select
        customer_id, {{ leaf_id('bookings') }} as leaf_id, booked_on as changed_on, 0 as order_step,
        amount as amount_step, 0 as new_step
    from bookings
    union all
    select
        customer_id,
        {{ leaf_id('bookings') }} as leaf_id,
        {{ leaves_window_on('booked_on', 12) }} as changed_on,
        0 as order_step, -amount as amount_step, 0 as new_step
    from bookings
    union all
    select
        customer_id,
        {{ leaf_id('new_customers') }} as leaf_id,
        event_on as changed_on,
        0 as order_step,
        0 as amount_step, step as new_step
    from new_customers
),

daily as (
    select
        changes.customer_id,
        leaf_scopes.scope_no,
        changes.changed_on,
        sum(changes.order_step) as order_step,
        coalesce(sum(changes.amount_step), 0) as amount_step,
        sum(changes.new_step) as new_step
    from changes
    inner join leaf_scopes on changes.leaf_id = leaf_scopes.leaf_id
    where changes.changed_on <= {{ as_of() }}
    group by changes.customer_id, leaf_scopes.scope_no, changes.changed_on
),

levels as (
    select
        customer_id,
        scope_no,
        changed_on as valid_from,
        coalesce(
            lead(changed_on) over (partition by customer_id, scope_no order by changed_on),
            cast('9999-12-31' as date)
        ) as valid_before,
        sum(order_step)
            over (partition by customer_id, scope_no order by changed_on)
            as order_count,
        sum(amount_step) over (partition by customer_id, scope_no order by changed_on) as amount,
        max(case when new_step > 0 then changed_on end) over (
            partition by customer_id, scope_no order by changed_on
        ) as new_since_on
    from daily
),

-- Closed customers are lost from that day on, whatever they bought before.
active as (
    select
        levels.customer_id,
        levels.scope_no,
        -- Rounded per customer, so that the published lines add up to the cent.
        {{ money('levels.amount') }} as amount,
        levels.new_since_on,
        greatest(levels.valid_from, lives.valid_from) as valid_from,
        least(levels.valid_before, lives.valid_before) as valid_before
    from levels
    inner join lives
        on
            levels.customer_id = lives.customer_id
            and levels.valid_from < lives.valid_before and levels.valid_before > lives.valid_from
    where levels.order_count > 0 and lives.is_alive
),

-- Begins and ends are counted from every move of a scope, what lies between from those who moved:
-- where the two do not meet there is a residual. Most customers stay as they are in most periods,
-- and cost nothing here.
moves as (
    select scope_no, valid_from as moved_on, 1 as count_step, amount as amount_step from active
    union all
    select scope_no, valid_before as moved_on, -1 as count_step, -amount as amount_step from active
),

moved_days as (
    select scope_no, moved_on, sum(count_step) as count_step, sum(amount_step) as amount_step
    from moves
    where moved_on <= {{ as_of() }}
    group by scope_no, moved_on
),

totals as (
    select
        scope_no,
        moved_on as valid_from,
        coalesce(
            lead(moved_on) over (partition by scope_no order by moved_on),
            cast('9999-12-31' as date)
        ) as valid_before,
        sum(count_step) over (partition by scope_no order by moved_on) as customer_count,
        sum(amount_step) over (partition by scope_no order by moved_on) as amount
    from moved_days
),

stood as (
    select
        periods.period_no,
        totals.scope_no,
        totals.customer_count as begin_count,
        totals.amount as begin_amount,
        0 as end_count, 0 as end_amount
    from periods
    inner join
        totals
        on periods.begin_on >= totals.valid_from and periods.begin_on < totals.valid_before
    union all
    select
        periods.period_no, totals.scope_no, 0 as begin_count, 0 as begin_amount,
        totals.customer_count as end_count, totals.amount as end_amount
    from periods
    inner join
        totals
        on periods.end_on >= totals.valid_from and periods.end_on < totals.valid_before
),

turned as (
    select customer_id, scope_no, valid_from as moved_on from active
    union
    select customer_id, scope_no, valid_before as moved_on
    from active
    where valid_before <= {{ as_of() }}
),

touched as (
    select
        periods.period_no, turned.customer_id, turned.scope_no,
        min(periods.begin_on) as begin_on, min(periods.end_on) as end_on
    from turned
    inner join periods on turned.moved_on > periods.begin_on and turned.moved_on <= periods.end_on
    group by periods.period_no, turned.customer_id, turned.scope_no
),

compared as (
    select
        touched.period_no,
        touched.scope_no,
        begins.customer_id is not null as was_active,
        ends.customer_id is not null as is_active,
        coalesce(ends.new_since_on > touched.begin_on, false) as is_new,
        coalesce(begins.amount, 0) as begin_amount,
        coalesce(ends.amount, 0) as end_amount
    from touched
    left join active as begins
        on
            touched.customer_id = begins.customer_id and touched.scope_no = begins.scope_no
            and touched.begin_on >= begins.valid_from and touched.begin_on < begins.valid_before
    left join active as ends
        on
            touched.customer_id = ends.customer_id and touched.scope_no = ends.scope_no
            and touched.end_on >= ends.valid_from and touched.end_on < ends.valid_before
),

lines as (
    select
        period_no,
        scope_no,
        sum(case when is_active and not was_active then 1 else 0 end) as gained_count,
        sum(case when is_active and not was_active and is_new then 1 else 0 end) as new_count,
        sum(case when was_active and not is_active then 1 else 0 end) as lost_count,
        sum(case when is_active and not was_active then end_amount else 0 end) as gained_amount,
        sum(case when is_active and not was_active and is_new then end_amount else 0 end)
            as new_amount,
        sum(
            case
                when was_active and is_active then greatest(end_amount - begin_amount, 0) else 0
            end
        )
            as expansion_amount,
        sum(
            case
                when was_active and is_active then greatest(begin_amount - end_amount, 0) else 0
            end
        )
            as contraction_amount,
        sum(case when was_active and not is_active then begin_amount else 0 end) as lost_amount
    from compared
    group by period_no, scope_no
),

{% set middle = [
    'gained_count', 'new_count', 'lost_count', 'gained_amount', 'new_amount', 'expansion_amount',
    'contraction_amount', 'lost_amount',
] %}
-- Neither those without a move nor those that begin and end with nobody lose their row.
cells as (
    select period_no, scope_no from stood
    union
    select period_no, scope_no from lines
),

standing as (
    select
        period_no,
        scope_no,
        sum(begin_count) as begin_count,
        sum(end_count) as end_count,
        sum(begin_amount) as begin_amount,
        sum(end_amount) as end_amount
    from stood
    group by period_no, scope_no
),

summed as (
    select
        cells.period_no,
        cells.scope_no,
        coalesce(standing.begin_count, 0) as begin_count,
        coalesce(standing.end_count, 0) as end_count,
        coalesce(standing.begin_amount, 0) as begin_amount,
        coalesce(standing.end_amount, 0) as end_amount
        {%- for line in middle %},
        coalesce(lines.{{ line }}, 0) as {{ line }}
        {%- endfor %}
    from cells
    left join
        standing
        on cells.period_no = standing.period_no and cells.scope_no = standing.scope_no
    left join lines on cells.period_no = lines.period_no and cells.scope_no = lines.scope_no
),

final as (
    select
        periods.period_type,
        periods.period_start,
        periods.period_end,
        periods.period_label,
        scopes.scope_type,
        scopes.scope_id,
        scopes.scope_name,
        cast(summed.begin_count as bigint) as begin_count,
        cast(case when not periods.is_history_short then summed.new_count end as bigint)
            as new_count,
        cast(
            case
                when not periods.is_history_short then summed.gained_count - summed.new_count
            end as bigint
        )
            as regained_count,
        cast(summed.gained_count as bigint) as gained_count,
        cast(summed.lost_count as bigint) as lost_count,
        cast(summed.end_count as bigint) as end_count,
        cast(
            summed.begin_count
            + summed.gained_count
            - summed.lost_count
            - summed.end_count as bigint
        ) as residual_count,
        {{ money('summed.begin_amount') }} as begin_amount,
        case
            when not periods.is_history_short then {{ money('summed.new_amount') }}
        end as new_amount,
        case
            when
                not periods.is_history_short
                then {{ money('summed.gained_amount - summed.new_amount') }}
        end
            as regained_amount,
        {{ money('summed.gained_amount') }} as gained_amount,
        {{ money('summed.expansion_amount') }} as expansion_amount,
        {{ money('summed.contraction_amount') }} as contraction_amount,
        {{ money('summed.lost_amount') }} as lost_amount,
        {{ money('summed.end_amount') }} as end_amount,
        {{ money(
            'summed.begin_amount + summed.gained_amount + summed.expansion_amount'
            ~ ' - summed.contraction_amount - summed.lost_amount - summed.end_amount'
        ) }} as residual_amount,
        case
            when
                not periods.is_history_short
                then {{ ratio('summed.lost_count', 'summed.begin_count') }}
        end
            as churn_rate,
        case
            when periods.is_history_short then 'insufficient_history'
            when summed.begin_count = 0 then 'no_customers'
        end as churn_reason,
        case when periods.is_history_short then 'insufficient_history' end as new_reason
    from summed
    inner join periods on summed.period_no = periods.period_no
    inner join scopes on summed.scope_no = scopes.scope_no
    where summed.begin_count + summed.gained_count + summed.lost_count + summed.end_count > 0
)

select * from final
