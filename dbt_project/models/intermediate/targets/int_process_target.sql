-- Grain: one row per metric, person and period with a target on the sheet Process targets
-- This fiscal year and the one before; the row that names the person wins, then his team's, then
-- everybody's.
with

rules as (
    select * from {{ source('reference', 'process_target_version') }}
),

metrics as (
    select * from {{ source('rules', 'metrics') }}
    where is_enabled
),

-- Who delivers no records of a kind is not measured by them: a metric begins with its first record.
firsts as (
    select metric, min(event_on) as first_on
    from {{ ref('int_metric_day') }}
    where event_on <= {{ as_of() }}
    group by metric
),

recorded as (
    select metrics.metric, metrics.aggregate, metrics.direction, firsts.first_on
    from metrics
    inner join firsts
        on
            firsts.metric
            = case
                when metrics.aggregate = 'ratio' then metrics.denominator_metric else metrics.metric
            end
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

this_year as (
    select year_start_on, year_end_on from days where date_day = {{ as_of() }}
),

years as (
    select days.year_start_on as first_on, this_year.year_end_on as last_on
    from days
    inner join this_year on days.date_day = {{ days_after('this_year.year_start_on', -1) }}
),

weeks_and_months as (
    {% for period in ['week', 'month'] %}
    select
        '{{ period }}' as period_type,
        days.{{ period }}_start_on as unit_start,
        days.{{ period }}_end_on as unit_end,
        max(days.{{ period }}_label) as period_label,
        count(case when days.is_workday then 1 end) as unit_workdays
    from days
    cross join years
    where days.{{ period }}_end_on >= years.first_on and days.{{ period }}_start_on <= years.last_on
    group by days.{{ period }}_start_on, days.{{ period }}_end_on
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

-- A target per day is written by months; each other period has the version in force at its end.
units as (
    select
        weeks_and_months.*,
        rules.metric,
        rules.per_period,
        rules.target,
        rules.team,
        rules.person,
        rules.rules_version,
        coalesce(rules.valid_from, years.first_on) as recorded_on,
        case
            when
                rules.per_period = 'day'
                then
                    greatest(
                        weeks_and_months.unit_start,
                        coalesce(rules.valid_from, weeks_and_months.unit_start)
                    )
            else weeks_and_months.unit_start
        end
            as held_from,
        case
            when
                rules.per_period = 'day'
                then
                    least(
                        weeks_and_months.unit_end,
                        coalesce(rules.valid_to, weeks_and_months.unit_end)
                    )
            else weeks_and_months.unit_end
        end
            as held_to,
        case when rules.person is not null then 1 when rules.team is not null then 2 else 3 end
            as rule_rank
    from weeks_and_months
    cross join years
    inner join rules
        on
            weeks_and_months.period_type
            = case when rules.per_period = 'week' then 'week' else 'month' end
            and (rules.valid_from is null or weeks_and_months.unit_end >= rules.valid_from)
            and (
                rules.valid_to is null
                or rules.valid_to >= case
                    when rules.per_period = 'day' then weeks_and_months.unit_start else
                        weeks_and_months.unit_end
                end
            )
),

served as (
    select
        units.*,
        people.person_id,
        greatest(units.held_from, coalesce(people.hired_on, units.held_from)) as start_on,
        units.held_to as end_on,
        people.person_name
    from units
    inner join people
        on
            (people.hired_on is null or units.held_to >= people.hired_on)
            and (people.left_on is null or units.held_from <= people.left_on)
),

placed as (
    select served.*, memberships.team as own_team
    from served
    inner join memberships
        on
            served.person_id = memberships.person_id
            and {{ is_valid_on('memberships', 'served.start_on') }}
    qualify row_number() over (
        partition by
            served.metric,
            served.per_period,
            served.team,
            served.person,
            served.person_id,
            served.rules_version,
            served.start_on
        order by memberships.valid_from desc, memberships.org_id asc
    ) = 1
),

chosen as (
    select placed.*
    from placed
    where
        (person is null or person in (person_id, person_name))
        and (team is null or team = own_team)
    qualify
        rule_rank = min(rule_rank) over (partition by metric, rules_version, person_id, own_team)
),

counted as (
    select
        chosen.*,
        recorded.aggregate <> 'ratio' and recorded.direction = 'higher' as is_spread,
        ends.workday_index
        - starts.workday_index
        + case when starts.is_workday then 1 else 0 end as served_workdays
    from chosen
    inner join recorded on chosen.metric = recorded.metric and chosen.end_on >= recorded.first_on
    inner join days as starts on chosen.start_on = starts.date_day
    inner join days as ends on chosen.end_on = ends.date_day
    where chosen.target is not null
),

final as (
    select
        metric,
        person_id,
        period_type,
        period_label,
        start_on,
        end_on,
        cast(
            case
                when not is_spread then target
                when per_period = 'day' then target * served_workdays
                else round({{ ratio('target * served_workdays', 'unit_workdays') }})
            end as decimal(24, 6)
        ) as value,
        is_spread,
        recorded_on,
        rules_version
    from counted
    where served_workdays > 0
)

select * from final
