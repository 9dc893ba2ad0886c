-- Grain: one row per customer, lead without a customer, and open opportunity that is to be followed
-- up
with

followups as (
    select * from {{ ref('int_followup') }}
),

contacts as (
    select * from {{ ref('int_customer_contact') }}
),

cadence as (
    select * from {{ source('rules', 'cadence') }}
),

settings as (
    select * from {{ source('rules', 'cadence_settings') }}
),

days as (
    select date_day, workday_index, month_end_on from {{ source('reference', 'calendar_day') }}
),

people as (
    select * from {{ ref('stg_people') }}
),

memberships as (
    select * from {{ ref('int_person_org') }}
),

judged as (
    select
        followups.*,
        coalesce(followups.next_step_on < today.date_day, false) as is_next_step_missed,
        today.workday_index - planned.workday_index as planned_workdays,
        case
            when
                followups.subject_type = 'customer'
                then coalesce(cadence.needs_reports_per_month, 0)
        end
            as needs_reports_owed,
        case
            when followups.subject_type = 'customer' then coalesce(contacts.month_report_count, 0)
        end
            as needs_reports_done,
        today.date_day = today.month_end_on as is_month_over,
        case
            when followups.anchor_on is null or followups.elapsed is null then 'unknown'
            when
                followups.elapsed > followups.cadence_length * settings.high_risk_cadences
                then 'high_risk'
            when followups.elapsed > followups.cadence_length then 'overdue'
            when
                followups.elapsed >= followups.cadence_length * (1 - settings.due_soon_rate)
                then 'due_soon'
            else 'ok'
        end as status,
        case
            when followups.anchor_on is null then 'none'
            when
                followups.elapsed > followups.cadence_length * settings.copy_manager_cadences
                then 'manager'
            when
                followups.elapsed >= followups.cadence_length * settings.remind_cadences
                then 'owner'
            else 'none'
        end as escalation,
        case
            when followups.anchor_on is null then 'unknown'
            when
                followups.last_contact_on is not null
                and followups.last_contact_on = followups.anchor_on
                then 'contact'
            when followups.is_only_seen then 'first_seen'
            when followups.former_person_id is not null then 'owner_change'
            else 'assignment'
        end as due_basis
    from followups
    cross join settings
    inner join days as today on today.date_day = {{ as_of() }}
    left join days as planned on followups.next_step_on = planned.date_day
    left join cadence on followups.tier = cadence.tier
    left join
        contacts
        on followups.customer_id = contacts.customer_id and followups.subject_type = 'customer'
),

worded as (
    select
        judged.*,
        cast(anchor_on as {{ dbt.type_string() }}) as anchor_text,
        cast(due_on as {{ dbt.type_string() }}) as due_text,
        cast(cadence_length as {{ dbt.type_string() }}) as length_text
    from judged
),

final as (
    select
        worded.subject_type,
        worded.subject_id,
        worded.customer_id,
        worded.subject_name as customer_name,
        worded.person_id,
        coalesce(people.person_name, worded.person_id) as owner_name,
        people.manager_id,
        coalesce(memberships.team, 'unknown') as team,
        worded.tier,
        cast(worded.cadence_length as bigint) as cadence,
        worded.cadence_unit,
        worded.last_contact_on,
        worded.last_contact_by,
        coalesce(worded.last_contact_by <> worded.person_id, false) as is_contact_by_colleague,
        worded.last_any_contact_on,
        worded.last_any_kind,
        -- Something was done since, of a kind that does not count for the tier.
        coalesce(
            worded.last_any_contact_on
            > coalesce(worded.last_contact_on, cast('1900-01-01' as date)),
            false
        )
            as is_mismatched,
        worded.assigned_on,
        worded.former_person_id
            as former_owner_id,
        cast(worded.former_overdue_workdays as bigint) as former_overdue_workdays,
        worded.due_on,
        worded.due_basis,
        case
            when worded.due_on is null then null
            else concat(
                worded.due_tier, ' 级',
                case worded.cadence_unit
                    when 'workdays' then concat('每 ', worded.length_text, ' 个工作日联系一次')
                    when 'days' then concat('每 ', worded.length_text, ' 天联系一次')
                    when 'week' then '每周联系一次' when 'fortnight' then '每两周联系一次'
                    else '每月联系一次'
                end,
                case worded.due_basis
                    when 'contact' then '，上次有效跟进 ' when 'owner_change' then '，更换负责人 '
                    when 'first_seen' then '，首次见于数据 ' else '，分配 '
                end,
                worded.anchor_text, '，最晚应在 ', worded.due_text, ' 联系',
                case
                    when
                        worded.due_tier <> worded.tier
                        then concat('（现为 ', worded.tier, ' 级，本次沿用原日期）')
                    else ''
                end
            )
        end as due_reason_zh,
        case
            when worded.due_on is null then null
            else concat(
                'Tier ', worded.due_tier, ' is contacted once ',
                case worded.cadence_unit
                    when 'workdays' then concat('in ', worded.length_text, ' workdays')
                    when 'days' then concat('in ', worded.length_text, ' days')
                    when 'week' then 'a week' when 'fortnight' then 'a fortnight'
                    else 'a month'
                end,
                case worded.due_basis
                    when 'contact' then '; last counting contact ' when
                        'owner_change'
                        then '; owner changed '
                    when 'first_seen' then '; first seen ' else '; assigned '
                end,
                worded.anchor_text, ', so due by ', worded.due_text,
                case
                    when worded.due_tier <> worded.tier
                        then concat(' (now tier ', worded.tier, ', the old date stands once)')
                    else ''
                end
            )
        end as due_reason_en,
        cast(worded.overdue_workdays as bigint) as overdue_workdays,
        worded.status,
        case
            when worded.anchor_on is null then 'no_contact_and_no_assignment_date'
            when worded.elapsed is null then 'no_cadence'
        end as status_reason,
        worded.escalation,
        worded.next_step_on,
        worded.is_next_step_missed,
        cast(case when worded.is_next_step_missed then worded.planned_workdays else 0 end as bigint)
            as next_step_overdue_workdays,
        cast(worded.needs_reports_owed as bigint) as needs_reports_owed,
        cast(worded.needs_reports_done as bigint) as needs_reports_done,
        case
            when worded.subject_type <> 'customer' or worded.needs_reports_owed = 0 then 'not_owed'
            when worded.needs_reports_done >= worded.needs_reports_owed then 'done'
            when worded.is_month_over then 'missed'
            else 'open'
        end as needs_report_status,
        {{ money('worded.open_amount') }} as open_amount,
        cast(worded.open_count as bigint) as open_count,
        worded.source,
        worded.source_row,
        {{ rules_version() }} as rules_version
    from worded
    left join people on worded.person_id = people.person_id
    left join memberships
        on
            worded.person_id = memberships.person_id
            and {{ is_valid_on('memberships', as_of()) }}
    qualify row_number() over (
        partition by worded.subject_type, worded.subject_id
        order by memberships.valid_from desc, memberships.org_path asc
    ) = 1
)

select * from final
