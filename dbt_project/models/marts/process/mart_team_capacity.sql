-- Grain: one row per team and month since the company's records begin
-- In service: from the day of hiring up to the last day. Begin + joined + moved in and out − left =
-- end.
with

people as (
    select * from {{ ref('stg_people') }}
),

memberships as (
    select * from {{ ref('int_person_org') }}
),

bookings as (
    select * from {{ ref('fct_booking') }}
),

attainment as (
    select * from {{ ref('mart_target_attainment') }}
    where metric = 'signed_amount' and period_type = 'month' and is_in_force
),

days as (
    select * from {{ source('reference', 'calendar_day') }}
),

company as (
    select * from {{ source('reference', 'company') }}
),

months as (
    select
        days.month_start_on,
        days.month_end_on,
        days.month_label as month,
        least(days.month_end_on, company.as_of) as seen_to,
        {{ days_after('days.month_start_on', -1) }} as before_on
    from days
    cross join company
    where
        days.date_day = days.month_start_on and days.month_start_on <= company.as_of
        and days.month_end_on >= coalesce(company.first_recorded_on, company.as_of)
),

stays as (
    select
        people.person_id,
        people.hired_on,
        people.left_on,
        memberships.team,
        greatest(memberships.valid_from, coalesce(people.hired_on, memberships.valid_from))
            as stays_from,
        -- At the end of his last day a leaver is gone.
        least(memberships.valid_before, coalesce(people.left_on, memberships.valid_before))
            as stays_before
    from people
    inner join memberships on people.person_id = memberships.person_id
    where memberships.team is not null and memberships.team <> 'unknown'
),

counted as (
    select
        stays.team,
        months.month_start_on,
        count(
            distinct case
                when
                    stays.stays_from <= months.before_on and stays.stays_before > months.before_on
                    then stays.person_id
            end
        )
            as begin_count,
        count(
            distinct case
                when
                    stays.stays_from <= months.seen_to and stays.stays_before > months.seen_to
                    then stays.person_id
            end
        )
            as end_count,
        count(
            distinct case
                when
                    stays.hired_on >= months.month_start_on and stays.hired_on <= months.seen_to
                    and stays.stays_from = stays.hired_on then stays.person_id
            end
        ) as joined_count,
        count(
            distinct case
                when
                    stays.left_on >= months.month_start_on and stays.left_on <= months.seen_to
                    and stays.stays_before = stays.left_on and stays.stays_from <= stays.left_on
                    then stays.person_id
            end
        ) as left_count
    from stays
    cross join months
    group by stays.team, months.month_start_on
),

orders as (
    select person_id, min(booked_on) as first_order_on
    from bookings
    where entry_kind = 'signed' and amount > 0
    group by person_id
),

lines as (
    select scope_id as person_id, min(base_line_on) as base_line_on
    from attainment
    where scope_type = 'person' and base_line_on is not null
    group by scope_id
),

-- Who was hired before records began would seem slow or quick by accident.
newcomers as (
    select
        stays.team,
        hires.month_start_on,
        stays.person_id,
        case
            when orders.first_order_on >= stays.hired_on
                then order_days.workday_index - hires.workday_index
        end as order_workdays,
        case
            when
                lines.base_line_on >= stays.hired_on
                then line_days.workday_index - hires.workday_index
        end
            as line_workdays
    from stays
    cross join company
    inner join days as hires on stays.hired_on = hires.date_day
    left join orders on stays.person_id = orders.person_id
    left join days as order_days on orders.first_order_on = order_days.date_day
    left join lines on stays.person_id = lines.person_id
    left join days as line_days on lines.base_line_on = line_days.date_day
    where stays.stays_from = stays.hired_on and stays.hired_on >= company.first_recorded_on
),

-- Half of the cohort, the unfinished last: where the half is not through, nobody knows yet.
ranked as (
    select
        newcomers.*,
        count(*) over (partition by team, month_start_on) as cohort_count,
        row_number()
            over (
                partition by team, month_start_on
                order by order_workdays asc nulls last, person_id asc
            )
            as order_rank,
        row_number()
            over (
                partition by team, month_start_on
                order by line_workdays asc nulls last, person_id asc
            )
            as line_rank
    from newcomers
),

ramps as (
    select
        team,
        month_start_on,
        count(order_workdays) as ordered_count,
        count(line_workdays) as on_line_count,
        max(
            case
                when
                    order_rank * 2 >= cohort_count and (order_rank - 1) * 2 < cohort_count
                    then order_workdays
            end
        )
            as order_workdays,
        max(
            case
                when
                    line_rank * 2 >= cohort_count and (line_rank - 1) * 2 < cohort_count
                    then line_workdays
            end
        )
            as line_workdays
    from ranked
    group by team, month_start_on
),

final as (
    select
        counted.team,
        months.month_start_on,
        months.month,
        months.month_end_on <= {{ as_of() }} as is_closed,
        counted.begin_count,
        counted.joined_count,
        counted.left_count,
        counted.end_count
        - counted.begin_count
        - counted.joined_count
        + counted.left_count as moved_net_count,
        counted.end_count,
        cast((counted.begin_count + counted.end_count) * 0.5 as double) as average_headcount,
        {{ ratio('counted.left_count * 2', 'counted.begin_count + counted.end_count') }}
            as turnover_rate,
        case when counted.begin_count + counted.end_count = 0 then 'nobody_in_service' end
            as per_head_reason,
        {{ money('coalesce(attainment.actual, 0)') }} as signed_amount,
        case
            when counted.begin_count + counted.end_count > 0
                then
                    {{ money(
                        ratio(
                            'coalesce(attainment.actual, 0) * 2',
                            'counted.begin_count + counted.end_count'
                        )
                    ) }}
        end as amount_per_head,
        coalesce(ramps.ordered_count, 0) as joined_with_order_count,
        ramps.order_workdays as first_order_workdays,
        coalesce(ramps.on_line_count, 0) as joined_at_base_line_count,
        ramps.line_workdays as base_line_workdays,
        case
            when counted.joined_count = 0 then 'nobody_joined'
            when ramps.team is null then 'before_records'
            when ramps.order_workdays is null or ramps.line_workdays is null then 'unfinished'
        end as ramp_reason,
        {{ rules_version() }} as rules_version
    from counted
    inner join months on counted.month_start_on = months.month_start_on
    left join attainment
        on
            attainment.scope_type = 'team' and counted.team = attainment.scope_id
            and counted.month_start_on = attainment.period_start
    left join ramps on counted.team = ramps.team and counted.month_start_on = ramps.month_start_on
    where counted.begin_count + counted.end_count + counted.joined_count + counted.left_count > 0
)

select * from final
