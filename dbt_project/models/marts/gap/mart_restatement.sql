-- Grain: one row per metric × closed period × scope × day on which a later landing changed its
-- figure
-- A period closes with the first landing of a source that covers a day after its end; what that
-- source books into the period afterwards restates it. The first landing of a source tells its own
-- past and restates nothing.
with

bookings as (
    select bookings.*, {{ leaf_id('bookings') }} as leaf_id
    from {{ ref('fct_booking') }} as bookings
),

order_steps as (
    select
        steps.event_on as booked_on,
        steps.recorded_on,
        steps.step,
        {{ leaf_id('steps') }} as leaf_id,
        bookings.source,
        bookings.source_row,
        coalesce(bookings.order_id, bookings.opportunity_id) as subject_id
    from {{ ref('int_order_event') }} as steps
    inner join bookings on steps.booking_entry_id = bookings.booking_entry_id
),

landings as (
    select source, recorded_on from bookings group by source, recorded_on
),

firsts as (
    select source, min(recorded_on) as first_on from landings group by source
),

-- The landing that closes each day's period: the next one of the source after the period's end.
periods as (
    select
        periods.period_type, periods.period_start, periods.period_end, periods.period_label,
        landings.source, min(landings.recorded_on) as closed_on
    from {{ ref('int_target_period') }} as periods
    inner join landings on periods.period_end < landings.recorded_on
    where periods.is_closed
    group by all
),

entries as (
    select
        'signed_amount' as metric, source, source_row, booked_on, recorded_on, leaf_id,
        coalesce(order_id, opportunity_id) as subject_id, coalesce(amount, 0) as change_value
    from bookings
    union all
    select
        'order_count' as metric, source, source_row, booked_on, recorded_on, leaf_id, subject_id,
        cast(step as decimal(18, 4)) as change_value
    from order_steps
),

late as (
    select
        entries.*,
        periods.period_type,
        periods.period_start,
        periods.period_end,
        periods.period_label
    from entries
    inner join firsts on entries.source = firsts.source and entries.recorded_on > firsts.first_on
    inner join periods
        on
            entries.source = periods.source
            and entries.booked_on >= periods.period_start
            and entries.booked_on <= periods.period_end
            and entries.recorded_on > periods.closed_on
),

leaf_scopes as (
    select * from {{ ref('int_leaf_scope') }}
),

restated as (
    select
        late.metric, late.period_type, late.period_start, late.period_end, late.period_label,
        leaf_scopes.scope_type, leaf_scopes.scope_id, max(leaf_scopes.scope_name) as scope_name,
        late.recorded_on as restated_on,
        sum(late.change_value) as change_value,
        count(*) as entry_count,
        {{ different_texts('late.subject_id') }} as subject_ids,
        {{ different_texts("concat(late.source, ': ', late.source_row)") }} as source_rows
    from late
    inner join leaf_scopes on late.leaf_id = leaf_scopes.leaf_id
    group by
        late.metric, late.period_type, late.period_start, late.period_end, late.period_label,
        leaf_scopes.scope_type, leaf_scopes.scope_id, late.recorded_on
    having sum(late.change_value) <> 0
),

-- Before the first restatement stood today's figure less all that came later.
running as (
    select
        restated.*,
        sum(change_value) over (
            partition by metric, period_type, period_start, period_end, scope_type, scope_id
            order by restated_on desc
        ) as change_since
    from restated
),

attainment as (
    select metric, period_type, period_start, period_end, scope_type, scope_id, actual
    from {{ ref('mart_target_attainment') }}
    where level = 'base' and scenario = 'base' and metric in ('signed_amount', 'order_count')
),

final as (
    select
        running.metric,
        running.period_type,
        running.period_start,
        running.period_end,
        running.period_label,
        running.scope_type,
        running.scope_id,
        running.scope_name,
        running.restated_on,
        cast(
            coalesce(attainment.actual, 0) - {{ money('running.change_since') }} as decimal(18, 2)
        ) as before_value,
        cast(
            coalesce(attainment.actual, 0)
            - {{ money('running.change_since') }}
            + {{ money('running.change_value') }}
            as decimal(18, 2)
        ) as after_value,
        {{ money('running.change_value') }} as change_value,
        cast(running.entry_count as bigint) as entry_count,
        running.subject_ids,
        running.source_rows
    from running
    left join attainment
        on
            running.metric = attainment.metric and running.period_type = attainment.period_type
            and running.period_start = attainment.period_start
            and running.period_end = attainment.period_end
            and running.scope_type = attainment.scope_type
            and running.scope_id = attainment.scope_id
)

select * from final
