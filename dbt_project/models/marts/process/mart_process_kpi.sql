-- Grain: one row per person, week and metric of the sheet Process targets, and the advance rate
with

attainment as (
    select * from {{ ref('mart_target_attainment') }}
),

rules as (
    select * from {{ source('rules', 'process_targets') }}
),

objects as (
    select * from {{ ref('int_formula_object') }}
),

formulas as (
    select * from {{ source('rules', 'metric_formula') }}
),

records as (
    select * from {{ ref('int_credited_record') }}
),

segments as (
    select * from {{ ref('int_opportunity_segment') }}
),

people as (
    select * from {{ ref('stg_people') }}
),

memberships as (
    select * from {{ ref('int_person_org') }}
),

days as (
    select * from {{ source('reference', 'calendar_day') }}
),

metrics as (
    select * from {{ source('rules', 'metrics') }} where is_enabled
),

-- What is asked for by day and counts different customers: the same customer counts again on the
-- next day.
daily as (
    select rules.metric
    from rules
    inner join formulas on rules.metric = formulas.metric
    where rules.per_period = 'day' and not formulas.is_additive and formulas.reach_at_least is null
    group by rules.metric
),

listed as (
    select rules.metric
    from rules
    left join daily on rules.metric = daily.metric
    where daily.metric is null
    group by rules.metric
),

weeks as (
    select
        week_start_on,
        week_end_on,
        max(week_label) as week
    from days
    where week_start_on <= {{ as_of() }}
    group by week_start_on, week_end_on
),

spread as (
    select
        attainment.metric,
        attainment.scope_id as person_id,
        attainment.period_start as week_start_on,
        cast(attainment.target as double) as target,
        cast(attainment.target_to_date as double) as target_to_date,
        cast(coalesce(attainment.actual, 0) as double) as actual,
        attainment.status
    from attainment
    inner join listed on attainment.metric = listed.metric
    where
        attainment.scope_type = 'person'
        and attainment.period_type = 'week'
        and attainment.is_in_force
        and attainment.period_start <= {{ as_of() }}
),

followed as (
    select
        objects.metric,
        objects.person_id,
        objects.event_on,
        count(distinct objects.object_id) as object_count
    from objects
    inner join daily on objects.metric = daily.metric
    group by objects.metric, objects.person_id, objects.event_on
),

-- The row that names the person wins, then his team's, then everybody's.
asked as (
    select
        daily.metric,
        people.person_id,
        days.date_day,
        days.week_start_on,
        rules.target
    from daily
    inner join
        rules
        on daily.metric = rules.metric and rules.per_period = 'day' and rules.target is not null
    cross join people
    inner join days on days.is_workday
    inner join memberships
        on
            people.person_id = memberships.person_id
            and {{ is_valid_on('memberships', 'days.date_day') }}
    where
        days.date_day > {{ months_before(as_of(), 12) }} and days.date_day <= {{ as_of() }}
        and (people.hired_on is null or days.date_day >= people.hired_on)
        and (people.left_on is null or days.date_day <= people.left_on)
        and (rules.person is null or rules.person in (people.person_id, people.person_name))
        and (rules.team is null or rules.team = memberships.team)
    qualify row_number() over (
        partition by daily.metric, people.person_id, days.date_day
        order by
            case when rules.person is not null then 1 when rules.team is not null then 2 else 3 end,
            rules.target
    ) = 1
),

-- Only who has ever delivered such records is measured by them.
measured as (
    select metric, min(event_on) as first_on from followed group by metric
),

asked_weeks as (
    select asked.metric, asked.person_id, asked.week_start_on, sum(asked.target) as target
    from asked
    inner join measured on asked.metric = measured.metric and asked.date_day >= measured.first_on
    group by asked.metric, asked.person_id, asked.week_start_on
),

followed_weeks as (
    select
        followed.metric,
        followed.person_id,
        days.week_start_on,
        sum(followed.object_count) as actual
    from followed
    inner join days on followed.event_on = days.date_day
    where followed.event_on > {{ months_before(as_of(), 12) }}
    group by followed.metric, followed.person_id, days.week_start_on
),

by_day as (
    select
        coalesce(asked_weeks.metric, followed_weeks.metric) as metric,
        coalesce(asked_weeks.person_id, followed_weeks.person_id) as person_id,
        coalesce(asked_weeks.week_start_on, followed_weeks.week_start_on) as week_start_on,
        cast(asked_weeks.target as double) as target,
        cast(asked_weeks.target as double) as target_to_date,
        cast(coalesce(followed_weeks.actual, 0) as double) as actual
    from asked_weeks
    full join followed_weeks
        on
            asked_weeks.metric = followed_weeks.metric
            and asked_weeks.person_id = followed_weeks.person_id
            and asked_weeks.week_start_on = followed_weeks.week_start_on
),

-- Open at the week's begin, or entered in it.
in_hand as (
    select segments.person_id, segments.opportunity_id, weeks.week_start_on
    from segments
    inner join weeks
        on segments.valid_from <= weeks.week_end_on and segments.valid_before > weeks.week_start_on
    where
        segments.standing = 'open'
        and not segments.is_deleted
        and segments.valid_from <= {{ as_of() }}
    group by segments.person_id, segments.opportunity_id, weeks.week_start_on
),

moved as (
    select records.person_id, records.opportunity_id, days.week_start_on
    from records
    inner join days on records.changed_on = days.date_day
    where records.entity = 'stage_events' and records.is_advance
    group by records.person_id, records.opportunity_id, days.week_start_on
),

advances as (
    select
        in_hand.person_id,
        in_hand.week_start_on,
        count(moved.opportunity_id) as advanced_count,
        count(*) as open_count
    from in_hand
    left join moved
        on
            in_hand.person_id = moved.person_id and in_hand.opportunity_id = moved.opportunity_id
            and in_hand.week_start_on = moved.week_start_on
    group by in_hand.person_id, in_hand.week_start_on
),

every_row as (
    select
        metric, person_id, week_start_on, target, target_to_date, actual, status,
        cast(null as bigint) as numerator, cast(null as bigint) as denominator
    from spread
    union all
    select
        metric, person_id, week_start_on, target, target_to_date, actual, null as status,
        null as numerator, null as denominator
    from by_day
    union all
    select
        'advance_rate' as metric, person_id, week_start_on, null as target, null as target_to_date,
        {{ ratio('advanced_count', 'open_count') }} as actual, null as status,
        advanced_count as numerator, open_count as denominator
    from advances
),

final as (
    select
        every_row.person_id,
        coalesce(people.person_name, every_row.person_id) as person_name,
        people.manager_id,
        every_row.week_start_on,
        weeks.week,
        every_row.metric,
        case when every_row.metric = 'advance_rate' then 'rate' else metrics.unit end as unit,
        every_row.target,
        every_row.target_to_date,
        every_row.actual,
        every_row.numerator,
        every_row.denominator,
        {{ ratio('every_row.actual', 'every_row.target') }} as attainment_rate,
        case
            when every_row.target is null then 'no_target'
            when every_row.target = 0 then 'zero_target'
        end as attainment_rate_reason,
        every_row.status,
        {{ rules_version() }} as rules_version
    from every_row
    inner join weeks on every_row.week_start_on = weeks.week_start_on
    left join metrics on every_row.metric = metrics.metric
    left join people on every_row.person_id = people.person_id
    where every_row.metric = 'advance_rate' or metrics.metric is not null
)

select * from final
