-- Grain: one row per person in service at D who owns a customer or an open lead
with

customers as (
    select * from {{ ref('int_customer') }} where state = 'active'
),

tiers as (
    select * from {{ ref('int_customer_tier') }}
),

leads as (
    select * from {{ ref('fct_lead') }}
),

cadence as (
    select * from {{ source('rules', 'cadence') }}
),

cadence_settings as (
    select * from {{ source('rules', 'cadence_settings') }}
),

settings as (
    select * from {{ source('rules', 'process_targets_settings') }}
),

days as (
    select * from {{ source('reference', 'calendar_day') }}
),

people as (
    select * from {{ ref('stg_people') }}
    where
        (hired_on is null or hired_on <= {{ as_of() }})
        and (left_on is null or left_on >= {{ as_of() }})
),

memberships as (
    select * from {{ ref('int_person_org') }}
),

this_week as (
    select workdays_in_week from days where date_day = {{ as_of() }}
),

owned as (
    select customers.owner_id as person_id, tiers.tier, 0 as lead_count, count(*) as customer_count
    from customers
    inner join tiers on customers.customer_id = tiers.customer_id
    where customers.owner_id is not null
    group by customers.owner_id, tiers.tier
    union all
    -- A lead without a customer is followed up like one of the lead tier.
    select
        leads.person_id,
        cadence_settings.lead_tier as tier,
        count(*) as lead_count,
        0 as customer_count
    from leads
    cross join cadence_settings
    where
        leads.is_valid and leads.customer_id = 'unknown' and {{ is_open_lead('leads') }}
    group by leads.person_id, cadence_settings.lead_tier
),

summed as (
    select
        owned.person_id,
        sum(owned.lead_count) as open_lead_count,
        sum(owned.customer_count) as customer_count,
        {% for tier in ['A', 'B', 'C'] %}
        sum(case when owned.tier = '{{ tier }}' then owned.customer_count else 0 end)
            as tier_{{ tier | lower }}_count,
        {% endfor %}
        sum(
            cast(
                {{ ratio(
                    'owned.customer_count + owned.lead_count', 'cadence.cadence_workdays'
                ) }} as decimal(
                    18, 9
                )
            )
        ) as required_per_workday
    from owned
    left join cadence on owned.tier = cadence.tier
    group by owned.person_id
),

placed as (
    select
        summed.*,
        people.person_name,
        people.manager_id,
        coalesce(memberships.team, 'unknown') as team
    from summed
    inner join people on summed.person_id = people.person_id
    left join memberships
        on
            summed.person_id = memberships.person_id
            and {{ is_valid_on('memberships', as_of()) }}
    qualify row_number() over (
        partition by summed.person_id
        order by memberships.valid_from desc nulls last, memberships.org_path asc
    ) = 1
),

medians as (
    select team, {{ quantile('required_per_workday', 0.5) }} as team_median
    from placed
    group by team
),

final as (
    select
        placed.person_id,
        placed.person_name,
        placed.manager_id,
        placed.team,
        cast(placed.open_lead_count as bigint) as open_lead_count,
        cast(placed.customer_count as bigint) as customer_count,
        cast(placed.tier_a_count as bigint) as tier_a_count,
        cast(placed.tier_b_count as bigint) as tier_b_count,
        cast(placed.tier_c_count as bigint) as tier_c_count,
        round(cast(placed.required_per_workday * this_week.workdays_in_week as double), 6)
            as contacts_required_week,
        this_week.workdays_in_week as week_workdays,
        round(cast(placed.required_per_workday as double), 6) as load_per_workday,
        round(medians.team_median, 6) as team_median_load,
        {{ ratio('placed.required_per_workday', 'medians.team_median') }} as load_ratio,
        case when medians.team_median = 0 then 'no_load_in_team' end as load_ratio_reason,
        coalesce(
            round({{ ratio('placed.required_per_workday', 'medians.team_median') }}, 9)
            > settings.workload_high_times,
            false
        ) as is_workload_high,
        {{ rules_version() }} as rules_version
    from placed
    cross join this_week
    cross join settings
    inner join medians on placed.team = medians.team
)

select * from final
