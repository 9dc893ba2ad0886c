-- Grain: one row per period × scope
with

active as (
    select * from {{ ref('int_customer_standing') }}
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

period_days as (
    select periods.period_no, periods.begin_on, days.moved_on
    from (select distinct moved_on from moved_days) as days
    inner join periods on days.moved_on > periods.begin_on and days.moved_on <= periods.end_on
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
        on {{ is_valid_on('totals', 'periods.begin_on') }}
    union all
    select
        periods.period_no, totals.scope_no, 0 as begin_count, 0 as begin_amount,
        totals.customer_count as end_count, totals.amount as end_amount
    from periods
    inner join
        totals
        on {{ is_valid_on('totals', 'periods.end_on') }}
),

-- A customer's state in a scope changes on few days; what it was before and is after each of them
-- tells every period that holds one.
turned as (
    select customer_id, scope_no, valid_from as moved_on, 0 as was_active, 1 as is_active,
        0 as amount_before, amount as amount_after, new_since_on
    from active
    union all
    select customer_id, scope_no, valid_before as moved_on, 1 as was_active, 0 as is_active,
        amount as amount_before, 0 as amount_after, cast(null as date) as new_since_on
    from active
),

turns as (
    select
        customer_id,
        scope_no,
        moved_on,
        max(was_active) as was_active,
        max(is_active) as is_active,
        sum(amount_before) as amount_before,
        sum(amount_after) as amount_after,
        coalesce(max(new_since_on), cast('1900-01-01' as date)) as new_since_on
    from turned
    where moved_on <= {{ as_of() }}
    group by customer_id, scope_no, moved_on
),

compared as (
    select
        period_days.period_no,
        turns.scope_no,
        min_by(turns.was_active, turns.moved_on) = 1 as was_active,
        max_by(turns.is_active, turns.moved_on) = 1 as is_active,
        max_by(turns.new_since_on, turns.moved_on) > min(period_days.begin_on) as is_new,
        min_by(turns.amount_before, turns.moved_on) as begin_amount,
        max_by(turns.amount_after, turns.moved_on) as end_amount
    from turns
    inner join period_days on turns.moved_on = period_days.moved_on
    group by period_days.period_no, turns.customer_id, turns.scope_no
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
