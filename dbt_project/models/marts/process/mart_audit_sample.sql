-- Grain: one row per month and record drawn for the audit: of each person's checked records of that
-- month
-- Drawn by the fingerprint of month and record: anybody can draw it again, nobody can choose it.
with

checks as (
    select * from {{ ref('int_control_check') }}
),

settings as (
    select * from {{ source('rules', 'control_points_settings') }}
),

scores as (
    select record_id, month, avg(score) as score, max(auditor) as auditor
    from {{ source('landed', 'audit_scores') }}
    group by record_id, month
),

days as (
    select * from {{ source('reference', 'calendar_day') }}
),

people as (
    select * from {{ ref('stg_people') }}
),

records as (
    select
        checks.person_id,
        checks.entity,
        checks.source,
        checks.record_id,
        days.month_start_on,
        max(days.month_label) as month,
        max(checks.record_on) as record_on,
        max(checks.source_row) as source_row,
        {{ joined_texts(
            'case when not checks.is_passed then checks.control_point end', 'checks.control_point'
        ) }}
            as failed_points
    from checks
    inner join days on checks.record_on = days.date_day
    where days.month_start_on > {{ months_before(as_of(), 12) }}
    group by checks.person_id, checks.entity, checks.source, checks.record_id, days.month_start_on
),

drawn as (
    select
        records.*,
        row_number() over (
            partition by person_id, month_start_on
            order by md5(concat(month, '|', source, '|', record_id)) asc, entity asc
        ) as sample_no
    from records
),

final as (
    select
        drawn.month_start_on,
        drawn.month,
        drawn.person_id,
        coalesce(people.person_name, drawn.person_id) as person_name,
        people.manager_id,
        drawn.entity,
        drawn.record_id,
        drawn.sample_no,
        drawn.record_on,
        drawn.failed_points,
        scores.record_id is not null as is_audited,
        cast(scores.score as double) as score,
        scores.auditor,
        drawn.source,
        drawn.source_row,
        {{ rules_version() }} as rules_version
    from drawn
    inner join settings on drawn.sample_no <= settings.audit_records_per_person
    left join people on drawn.person_id = people.person_id
    left join scores on drawn.record_id = scores.record_id and drawn.month = scores.month
)

select * from final
