-- Grain: one row per person and control point that checked any record of his
-- The mandatory points of one record are one check, failed if any of them is; over all such records
-- in the order of time, fails in a row make the light and escalate, and a pass clears them.
{% set in_moment = 'entered_at desc, record_id desc' %}
with

checks as (
    select * from {{ ref('int_control_check') }}
),

settings as (
    select * from {{ source('rules', 'control_points_settings') }}
),

samples as (
    select * from {{ ref('mart_audit_sample') }}
),

days as (
    select * from {{ source('reference', 'calendar_day') }}
),

people as (
    select * from {{ ref('stg_people') }}
),

memberships as (
    select * from {{ ref('int_person_org') }}
),

this_month as (
    select month_start_on from days where date_day = {{ as_of() }}
),

counted as (
    select
        checks.person_id,
        checks.control_point,
        max(checks.kind) as kind,
        max(checks.entity) as entity,
        count(*) as checked_count,
        count(case when checks.is_passed then 1 end) as passed_count,
        count(case when checks.record_on >= this_month.month_start_on then 1 end)
            as month_checked_count,
        count(
            case when checks.is_passed and checks.record_on >= this_month.month_start_on then 1 end
        )
            as month_passed_count,
        max(checks.record_on) as last_checked_on
    from checks
    cross join this_month
    group by checks.person_id, checks.control_point
),

last_passes as (
    select person_id, control_point, max(record_at) as passed_at
    from checks
    where is_passed
    group by person_id, control_point
),

-- What came after the last pass is counted; only at its very moment an order tells.
after_pass as (
    select checks.person_id, checks.control_point, count(*) as fail_count
    from checks
    left join last_passes
        on
            checks.person_id = last_passes.person_id
            and checks.control_point = last_passes.control_point
    where last_passes.passed_at is null or checks.record_at > last_passes.passed_at
    group by checks.person_id, checks.control_point
),

ranked as (
    select
        checks.person_id,
        checks.control_point,
        checks.is_passed,
        row_number() over (
            partition by checks.person_id, checks.control_point order by {{ in_moment }}
        ) as back_no
    from checks
    inner join last_passes
        on
            checks.person_id = last_passes.person_id
            and checks.control_point = last_passes.control_point
            and checks.record_at = last_passes.passed_at
),

at_pass as (
    select person_id, control_point, min(case when is_passed then back_no end) - 1 as fail_count
    from ranked
    group by person_id, control_point
),

own_fails as (
    select
        counted.person_id,
        counted.control_point,
        coalesce(after_pass.fail_count, 0) + coalesce(at_pass.fail_count, 0) as fail_count
    from counted
    left join after_pass
        on
            counted.person_id = after_pass.person_id
            and counted.control_point = after_pass.control_point
    left join at_pass
        on
            counted.person_id = at_pass.person_id
            and counted.control_point = at_pass.control_point
),

records as (
    select
        person_id,
        record_at,
        entered_at,
        source_row,
        min(record_id) as record_id,
        min(case when is_passed then 1 else 0 end) as passed
    from checks
    where kind = 'mandatory'
    group by person_id, record_at, entered_at, source_row
),

last_good as (
    select person_id, max(record_at) as passed_at from records where passed = 1 group by person_id
),

-- The fails in a row: those after the last pass, and those of its moment that came after it.
ordered as (
    select
        records.person_id,
        records.record_at,
        records.passed,
        row_number() over (partition by records.person_id order by {{ in_moment }}) as back_no
    from records
    inner join last_good
        on
            records.person_id = last_good.person_id
            and records.record_at = last_good.passed_at
),

passes as (
    select person_id, min(case when passed = 1 then back_no end) as passed_no
    from ordered
    group by person_id
),

failing as (
    select records.person_id, records.record_at
    from records
    left join last_good on records.person_id = last_good.person_id
    where last_good.passed_at is null or records.record_at > last_good.passed_at
    union all
    select ordered.person_id, ordered.record_at
    from ordered
    inner join passes on ordered.person_id = passes.person_id
    where ordered.back_no < passes.passed_no
),

fails as (
    select person_id, count(*) as fail_count, min(record_at) as failing_since_at
    from failing
    group by person_id
),

audits as (
    select
        samples.person_id,
        count(*) as sample_count,
        count(case when samples.is_audited then 1 end) as audited_count,
        avg(samples.score) as score
    from samples
    inner join this_month on samples.month_start_on = this_month.month_start_on
    group by samples.person_id
),

final as (
    select
        counted.person_id,
        coalesce(people.person_name, counted.person_id) as person_name,
        people.manager_id,
        coalesce(memberships.team, 'unknown') as team,
        counted.control_point,
        counted.kind,
        counted.entity,
        counted.checked_count,
        counted.passed_count,
        {{ ratio('counted.passed_count', 'counted.checked_count') }} as pass_rate,
        counted.month_checked_count,
        counted.month_passed_count,
        {{ ratio('counted.month_passed_count', 'counted.month_checked_count') }} as month_pass_rate,
        case when counted.month_checked_count = 0 then 'nothing_checked' end
            as month_pass_rate_reason,
        counted.last_checked_on,
        own_fails.fail_count as point_consecutive_fails,
        case when counted.kind = 'mandatory' then coalesce(fails.fail_count, 0) end
            as consecutive_fails,
        case when counted.kind = 'mandatory' then fails.failing_since_at end as failing_since_at,
        case
            when counted.kind <> 'mandatory' then null
            when coalesce(fails.fail_count, 0) >= settings.red_after_fails then 'red'
            when coalesce(fails.fail_count, 0) >= settings.yellow_after_fails then 'yellow'
            else 'green'
        end as light,
        case when counted.kind <> 'mandatory' then 'elastic' end as light_reason,
        counted.kind = 'mandatory'
        and coalesce(fails.fail_count, 0) >= settings.escalate_after_fails as is_escalated,
        coalesce(audits.sample_count, 0) as audit_sample_count,
        coalesce(audits.audited_count, 0) as audited_count,
        cast(audits.score as double) as audit_score,
        {{ rules_version() }} as rules_version
    from counted
    cross join settings
    inner join
        own_fails
        on
            counted.person_id = own_fails.person_id
            and counted.control_point = own_fails.control_point
    left join fails on counted.person_id = fails.person_id
    left join audits on counted.person_id = audits.person_id
    left join people on counted.person_id = people.person_id
    left join memberships
        on
            counted.person_id = memberships.person_id
            and {{ is_valid_on('memberships', as_of()) }}
)

select * from final
