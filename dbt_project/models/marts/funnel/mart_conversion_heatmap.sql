-- Grain: one row per pipeline × stage × person × week, the last 13 weeks
-- Entries that became 30 workdays old in the 13 weeks up to the week's end: what moved on by then
-- stays so.
{% set weeks_shown = 13 %}
{% set window_workdays = 65 %}
{% set horizon = 30 %}
with

entries as (
    select * from {{ ref('int_funnel_entry') }} where has_history
),

people as (
    select leaf_id, scope_id as person_id, scope_name as person_name
    from {{ ref('int_leaf_scope') }}
    where scope_type = 'person'
),

days as (
    select date_day, workday_index from {{ source('reference', 'calendar_day') }}
),

weeks as (
    select
        periods.period_start as week_start,
        periods.period_label as week_label,
        days.workday_index - {{ horizon }} as last_index
    from {{ source('reference', 'period') }} as periods
    inner join days on periods.period_end = days.date_day
    where
        periods.period_type = 'week' and periods.period_end <= {{ as_of() }}
        and periods.period_end > {{ days_after(as_of(), -7 * weeks_shown) }}
),

entered as (
    select
        entries.pipeline,
        entries.stage,
        entries.stage_order,
        people.person_id,
        people.person_name,
        coalesce(days.workday_index, 0) as entered_index,
        case
            when
                entries.result = 'advanced' and entries.elapsed_workdays <= {{ horizon }}
                then 1 else
                0
        end
            as is_advanced
    from entries
    inner join people on entries.leaf_id = people.leaf_id
    left join days on entries.entered_on = days.date_day
),

final as (
    select
        entered.pipeline,
        entered.stage,
        cast(max(entered.stage_order) as bigint) as stage_order,
        entered.person_id,
        max(entered.person_name) as person_name,
        weeks.week_start,
        weeks.week_label,
        cast(count(*) as bigint) as entered_count,
        cast(sum(entered.is_advanced) as bigint) as advanced_count,
        {{ rate(ratio('sum(entered.is_advanced)', 'count(*)')) }} as advance_rate,
        count(*) < 10 as is_grey
    from weeks
    inner join entered
        on
            weeks.last_index >= entered.entered_index
            and entered.entered_index > weeks.last_index - {{ window_workdays }}
    group by entered.pipeline, entered.stage, entered.person_id, weeks.week_start, weeks.week_label
)

select * from final
