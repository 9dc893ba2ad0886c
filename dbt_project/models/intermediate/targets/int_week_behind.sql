-- Grain: one row per metric, level, scenario, scope and closed week, judged on the week's last
-- workday verdict: behind, kept, or skipped (no workday, first 20 % of the month's workdays, small
-- counts, no target).
with

pieces as (
    select * from {{ ref('int_target_scope_piece') }}
),

scope_days as (
    select * from {{ ref('int_actual_scope_day') }}
),

days as (
    select * from {{ source('reference', 'calendar_day') }}
),

thresholds as (
    select * from {{ source('rules', 'status') }}
),

metrics as (
    select * from {{ source('rules', 'metrics') }}
),

deal_sizes as (
    select * from {{ ref('int_deal_size') }}
),

last_workdays as (
    select week_start_on, max(date_day) as judged_on
    from days
    where is_workday and week_end_on <= {{ as_of() }}
    group by week_start_on
),

weeks as (
    select
        last_workdays.week_start_on,
        last_workdays.judged_on,
        days.month_start_on,
        {{ ratio('days.workday_of_month', 'days.workdays_in_month') }} as gone_rate
    from last_workdays
    inner join days on last_workdays.judged_on = days.date_day
),

due as (
    select
        pieces.metric, pieces.level, pieces.scenario, pieces.scope_type, pieces.scope_id,
        weeks.week_start_on, weeks.judged_on, weeks.month_start_on, weeks.gone_rate,
        sum(pieces.target) as target_to_date
    from weeks
    inner join pieces
        on
            weeks.month_start_on = pieces.month_start_on
            and weeks.week_start_on >= pieces.week_start_on
    group by all
),

booked as (
    select
        scope_days.metric, scope_days.scope_type, scope_days.scope_id, weeks.week_start_on,
        sum(scope_days.value) as actual
    from weeks
    inner join
        days
        on weeks.month_start_on = days.month_start_on and weeks.judged_on >= days.date_day
    inner join scope_days on days.date_day = scope_days.event_on
    group by all
),

compared as (
    select
        due.*,
        coalesce(booked.actual, 0) as actual,
        case
            when
                metrics.unit = 'money'
                then coalesce(own.average_deal_amount, whole.average_deal_amount)
            else 1
        end as count_size
    from due
    inner join metrics on due.metric = metrics.metric
    left join booked
        on
            due.metric = booked.metric and due.scope_type = booked.scope_type
            and due.scope_id = booked.scope_id and due.week_start_on = booked.week_start_on
    left join deal_sizes as own on due.scope_type = own.scope_type and due.scope_id = own.scope_id
    left join deal_sizes as whole on whole.scope_type = 'company'
),

counted as (
    select
        compared.*,
        {{ ratio('target_to_date', 'count_size') }} as due_count,
        floor({{ ratio('actual', 'count_size') }}) as actual_count
    from compared
),

final as (
    select
        counted.metric,
        counted.level,
        counted.scenario,
        counted.scope_type,
        counted.scope_id,
        counted.week_start_on,
        counted.judged_on,
        counted.month_start_on,
        counted.gone_rate,
        counted.target_to_date,
        counted.actual,
        counted.due_count,
        counted.actual_count,
        case
            when counted.target_to_date <= 0 then 'skipped'
            when counted.gone_rate <= thresholds.grace_elapsed_rate then 'skipped'
            when {{ is_small_count('counted.due_count') }} then 'skipped'
            when
                {{ lag_rate('counted.actual', 'counted.target_to_date') }} > thresholds.week_lag
                then 'behind'
            else 'kept'
        end as verdict
    from counted
    cross join thresholds
)

select * from final
