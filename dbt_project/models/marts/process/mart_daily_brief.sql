-- Grain: one row per person in service, on D
-- The three questions that tell whether a target system works: what is my target, what is missing,
-- what came in.
with

people as (
    select * from {{ ref('stg_people') }}
    where
        (hired_on is null or hired_on <= {{ as_of() }})
        and (left_on is null or left_on >= {{ as_of() }})
),

memberships as (
    select * from {{ ref('int_person_org') }}
),

attainment as (
    select * from {{ ref('mart_target_attainment') }}
    where
        metric = 'signed_amount' and period_type = 'month' and scope_type = 'person' and is_in_force
        and period_start <= {{ as_of() }} and period_end >= {{ as_of() }}
),

deal_sizes as (
    select * from {{ ref('int_deal_size') }}
),

leads as (
    select * from {{ ref('fct_lead') }}
),

days as (
    select * from {{ source('reference', 'calendar_day') }}
),

recent as (
    select person_id, count(*) as valid_count
    from leads
    where is_valid and created_on > {{ days_after(as_of(), -7) }} and created_on <= {{ as_of() }}
    group by person_id
),

placed as (
    select people.*, coalesce(memberships.team, 'unknown') as own_team
    from people
    left join memberships
        on
            people.person_id = memberships.person_id
            and {{ is_valid_on('memberships', as_of()) }}
    qualify row_number() over (
        partition by people.person_id
        order by memberships.valid_from desc nulls last, memberships.org_path asc
    ) = 1
),

measured as (
    select
        placed.person_id,
        placed.person_name,
        placed.manager_id,
        placed.own_team as team,
        days.month_label as month,
        attainment.target,
        coalesce(attainment.actual, 0) as actual,
        attainment.attainment_rate,
        -- Without a target nothing is known to be missing.
        case
            when attainment.gap > 0 then attainment.gap when
                attainment.gap <= 0
                then 0 * attainment.gap
        end
            as missing_amount,
        coalesce(own.average_deal_amount, whole.average_deal_amount) as average_deal_amount,
        attainment.required_run_rate,
        attainment.workdays_remaining,
        attainment.status,
        coalesce(recent.valid_count, 0) as valid_lead_7_day_count
    from placed
    inner join days on days.date_day = {{ as_of() }}
    left join attainment on placed.person_id = attainment.scope_id
    left join deal_sizes as own on own.scope_type = 'person' and placed.person_id = own.scope_id
    left join deal_sizes as whole on whole.scope_type = 'company'
    left join recent on placed.person_id = recent.person_id
),

final as (
    select
        person_id,
        {{ as_of() }} as brief_on,
        person_name,
        manager_id,
        team,
        month,
        target,
        case when target is null then 'no_target' end as target_reason,
        {{ money('actual') }} as actual,
        attainment_rate,
        missing_amount,
        {{ money('average_deal_amount') }} as average_deal_amount,
        cast(
            ceil(round({{ ratio('missing_amount', 'average_deal_amount') }}, 9)) as bigint
        ) as missing_deal_count,
        case
            when target is null then 'no_target'
            when average_deal_amount is null then 'insufficient_history'
        end as missing_deal_count_reason,
        required_run_rate,
        workdays_remaining,
        status,
        valid_lead_7_day_count,
        {{ rules_version() }} as rules_version
    from measured
)

select * from final
