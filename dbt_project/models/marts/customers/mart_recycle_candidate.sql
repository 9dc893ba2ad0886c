-- Grain: one row per customer whose follow-up is so late that it goes, or is about to go, back to
-- the public pool
-- Who was never contacted is late from its assignment on, so nobody is recycled at once.
with

followups as (
    select * from {{ ref('int_followup') }} where subject_type = 'customer'
),

opportunities as (
    select * from {{ ref('fct_opportunity') }}
),

orders as (
    select orders.customer_id, lines.contract_end_on
    from {{ ref('stg_orders') }} as lines
    inner join (
        select effective.order_id, records.customer_id
        from {{ ref('int_order') }} as effective
        inner join
            {{ ref('int_customer_record') }} as records
            on effective.account_id = records.account_id
        where effective.is_effective
    ) as orders on lines.order_id = orders.order_id
),

records as (
    select * from {{ ref('int_customer_record') }}
),

listed as (
    select * from {{ source('rules', 'recycle_protected') }}
),

settings as (
    select * from {{ source('rules', 'recycle_settings') }}
),

days as (
    select date_day, workday_index, is_workday from {{ source('reference', 'calendar_day') }}
),

people as (
    select * from {{ ref('stg_people') }}
),

memberships as (
    select * from {{ ref('int_person_org') }}
),

measured as (
    select
        followups.*,
        settings.first_warning_days,
        settings.last_warning_days,
        due_days.workday_index
        + cast(ceil(settings.overdue_cadences * followups.cadence_length) as bigint)
            as recycle_index,
        {{ days_after(
            'followups.due_on', 'ceil(settings.overdue_cadences * followups.cadence_length)'
        ) }}
            as recycle_day
    from followups
    cross join settings
    inner join days as due_days on followups.due_on = due_days.date_day
),

dated as (
    select
        measured.*,
        case when measured.cadence_unit = 'days' then measured.recycle_day else days.date_day end
            as recycle_on
    from measured
    left join days on measured.recycle_index = days.workday_index and days.is_workday
),

near as (
    select dated.*, {{ days_between(as_of(), 'recycle_on') }} as days_left
    from dated
    where {{ days_between(as_of(), 'recycle_on') }} <= first_warning_days
),

advanced as (
    select opportunities.customer_id, max(opportunities.stage_order) as stage_order
    from opportunities
    cross join settings
    where
        opportunities.outcome = 'open'
        and opportunities.stage_order >= settings.protecting_stage_order
    group by opportunities.customer_id
),

contracts as (
    select orders.customer_id, max(orders.contract_end_on) as contract_end_on
    from orders
    cross join settings
    where settings.is_protected_by_contract and orders.contract_end_on >= {{ as_of() }}
    group by orders.customer_id
),

-- Whoever protects may name any record of the customer.
kept as (
    select records.customer_id, min(listed.protected_by) as protected_by
    from records
    inner join listed
        on
            lower(trim(listed.account)) in (
                lower(records.account_id), lower(trim(records.account_name))
            )
    where listed.protected_until is null or listed.protected_until >= {{ as_of() }}
    group by records.customer_id
),

judged as (
    select
        near.*,
        contracts.contract_end_on,
        kept.protected_by,
        nullif(concat_ws(
            '|',
            case when advanced.customer_id is not null then 'open_opportunity' end,
            case when contracts.customer_id is not null then 'active_contract' end,
            case when kept.customer_id is not null then 'protected_by_person' end
        ), '') as protected_reasons
    from near
    left join advanced on near.customer_id = advanced.customer_id
    left join contracts on near.customer_id = contracts.customer_id
    left join kept on near.customer_id = kept.customer_id
),

worded as (
    select
        judged.*,
        cast(overdue_workdays as {{ dbt.type_string() }}) as overdue_text,
        cast(cadence_length as {{ dbt.type_string() }}) as length_text,
        cast(due_on as {{ dbt.type_string() }}) as due_text
    from judged
),

final as (
    select
        worded.customer_id,
        worded.subject_name as customer_name,
        worded.person_id,
        coalesce(people.person_name, worded.person_id) as owner_name,
        people.manager_id,
        coalesce(memberships.team, 'unknown') as team,
        worded.tier,
        worded.last_contact_on,
        worded.assigned_on,
        worded.due_on,
        cast(worded.overdue_workdays as bigint) as overdue_workdays,
        cast(worded.cadence_length as bigint) as cadence,
        worded.cadence_unit,
        worded.recycle_on,
        cast(worded.days_left as bigint) as days_left,
        case
            when worded.protected_reasons is not null then 'protected'
            when worded.days_left <= 0 then 'candidate'
            else 'warning'
        end as status,
        cast(
            case
                when
                    worded.protected_reasons is null and worded.days_left > worded.last_warning_days
                    then 1
                else 0
            end
            as bigint
        ) as warnings_left,
        worded.protected_reasons,
        worded.protected_by,
        worded.contract_end_on,
        concat(
            '应在 ', worded.due_text, ' 前跟进，已逾期 ', worded.overdue_text, ' 个工作日（频率长度 ',
            worded.length_text, '）'
        ) as why_zh,
        concat(
            'Contact was due by ',
            worded.due_text,
            ', ',
            worded.overdue_text,
            ' workdays ago (cadence ',
            worded.length_text, ')'
        ) as why_en,
        {{ money('worded.open_amount') }} as open_amount,
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
        partition by worded.customer_id
        order by memberships.valid_from desc, memberships.org_path asc
    ) = 1
)

select * from final
