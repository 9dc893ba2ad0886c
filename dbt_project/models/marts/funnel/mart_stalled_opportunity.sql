-- Grain: one row per open opportunity, stalled or not, as of D
-- Only an advance or a qualifying contact resets a clock: not an edit, an import, a step back or a
-- transfer.
with

opportunities as (
    select * from {{ ref('fct_opportunity') }} where is_open
),

visits as (
    select * from {{ ref('fct_stage_visit') }}
),

entries as (
    select * from {{ ref('int_funnel_entry') }}
),

tiers as (
    select customer_id, tier from {{ ref('int_customer_tier') }}
),

activities as (
    select * from {{ ref('fct_activity') }}
),

cadence as (
    select * from {{ source('rules', 'cadence') }}
),

cadence_settings as (
    select * from {{ source('rules', 'cadence_settings') }}
),

stages as (
    select * from {{ ref('int_pipeline_stage') }} where is_current
),

days as (
    select date_day, workday_index from {{ source('reference', 'calendar_day') }}
),

people as (
    select * from {{ ref('stg_people') }}
),

signed as (
    select opportunity_id
    from {{ ref('int_opportunity_segment') }}
    where
        standing <> 'open' and not is_deleted
        and valid_from <= {{ as_of() }} and valid_before > {{ as_of() }}
    group by opportunity_id
),

-- The clock of a stage runs from the last advance of the running attempt, or its beginning.
clocks as (
    select opportunity_id, max(entered_on) as stage_since_on
    from visits
    where is_advance
    group by opportunity_id
),

latest as (
    select opportunity_id, stage, entered_on, cause
    from visits
    where exited_on is null
),

-- How long those that went on had taken: 80 % took no longer.
ranked as (
    select
        pipeline, stage, elapsed_workdays,
        row_number()
            over (
                partition by pipeline, stage order by elapsed_workdays, opportunity_id, attempt_no
            )
            as place,
        count(*) over (partition by pipeline, stage) as advanced_count
    from entries
    where result = 'advanced' and has_history
),

usual as (
    select
        pipeline, stage, max(advanced_count) as advanced_count,
        min(case when place * 10 >= advanced_count * 8 then elapsed_workdays end) as p80_workdays
    from ranked
    group by pipeline, stage
),

leveled as (
    select
        opportunities.*,
        coalesce(tiers.tier, cadence_settings.lead_tier) as customer_tier,
        cadence_settings.high_risk_cadences
    from opportunities
    cross join cadence_settings
    left join tiers on opportunities.customer_id = tiers.customer_id
),

-- One join per way to belong: joined by either at once, every deal would meet every activity.
customer_contacts as (
    select leveled.opportunity_id, leveled.customer_tier, activities.kind, activities.occurred_on
    from leveled
    inner join activities on leveled.customer_id = activities.customer_id
    where leveled.customer_id <> 'unknown'
),

deal_contacts as (
    select leveled.opportunity_id, leveled.customer_tier, activities.kind, activities.occurred_on
    from leveled
    inner join activities on leveled.opportunity_id = activities.opportunity_id
),

every_contact as (
    select * from customer_contacts
    union all
    select * from deal_contacts
),

contacts as (
    select every_contact.opportunity_id, max(every_contact.occurred_on) as last_contact_on
    from every_contact
    inner join cadence on every_contact.customer_tier = cadence.tier
    where
        {{ list_contains('cadence.qualifying_kinds', 'every_contact.kind') }}
        and every_contact.occurred_on <= {{ as_of() }}
    group by every_contact.opportunity_id
),

measured as (
    select
        leveled.*,
        clocks.stage_since_on,
        latest.entered_on as visit_since_on,
        today.workday_index - coalesce(since.workday_index, 0) as stage_workdays,
        stages.allowed_workdays,
        case when usual.advanced_count >= 20 then usual.p80_workdays end as p80_workdays,
        coalesce(usual.advanced_count, 0) as advanced_count,
        case
            when leveled.expected_close_on < {{ as_of() }}
                then {{ days_between('leveled.expected_close_on', as_of()) }}
            else 0
        end as overdue_close_days,
        contacts.last_contact_on,
        {{ days_between('contacts.last_contact_on', as_of()) }} as days_since_contact,
        today.workday_index - coalesce(touched.workday_index, 0) as contact_workdays,
        cadence.cadence_workdays
    from leveled
    cross join days as today
    left join clocks on leveled.opportunity_id = clocks.opportunity_id
    left join latest on leveled.opportunity_id = latest.opportunity_id
    left join days as since on clocks.stage_since_on = since.date_day
    left join stages on leveled.pipeline = stages.pipeline and leveled.stage = stages.stage
    left join usual on leveled.pipeline = usual.pipeline and leveled.stage = usual.stage
    left join contacts on leveled.opportunity_id = contacts.opportunity_id
    left join cadence on leveled.customer_tier = cadence.tier
    -- Never contacted counts from the advance.
    left join days as touched
        on
            touched.date_day
            = greatest(
                coalesce(contacts.last_contact_on, clocks.stage_since_on), clocks.stage_since_on
            )
    where
        today.date_day = {{ as_of() }}
        and leveled.opportunity_id not in (select signed.opportunity_id from signed)
),

judged as (
    select
        measured.*,
        coalesce(stage_workdays > allowed_workdays, false) as is_over_allowed,
        coalesce(stage_workdays > p80_workdays, false) as is_over_usual,
        overdue_close_days > 0 as is_close_passed,
        coalesce(contact_workdays > cadence_workdays * high_risk_cadences, false)
            as is_without_contact
    from measured
),

final as (
    select
        judged.opportunity_id,
        judged.opportunity_name,
        judged.customer_id,
        judged.customer_tier as tier,
        judged.person_id,
        coalesce(people.person_name, judged.person_id) as owner_name,
        people.manager_id,
        judged.team,
        judged.region,
        judged.pipeline,
        judged.stage,
        judged.stage_order,
        {{ money('judged.amount') }} as amount,
        judged.stage_since_on,
        judged.visit_since_on,
        cast(judged.stage_workdays as bigint) as stage_workdays,
        judged.allowed_workdays,
        cast(greatest(judged.stage_workdays - judged.allowed_workdays, 0) as bigint)
            as over_allowed_workdays,
        cast(judged.p80_workdays as bigint) as p80_workdays,
        case when judged.p80_workdays is null then 'insufficient_history' end as p80_reason,
        cast(judged.advanced_count as bigint) as advanced_count,
        judged.expected_close_on,
        cast(judged.overdue_close_days as bigint) as overdue_close_days,
        judged.last_contact_on,
        cast(judged.days_since_contact as bigint) as days_since_contact,
        judged.is_over_allowed
        or judged.is_over_usual
        or judged.is_close_passed
        or judged.is_without_contact
            as is_stalled,
        nullif(concat_ws(
            '|',
            case when judged.is_over_allowed then 'over_allowed' end,
            case when judged.is_over_usual then 'over_usual' end,
            case when judged.is_close_passed then 'close_passed' end,
            case when judged.is_without_contact then 'no_contact' end
        ), '') as reasons,
        judged.source,
        judged.source_row,
        {{ rules_version() }} as rules_version
    from judged
    left join people on judged.person_id = people.person_id
)

select * from final
