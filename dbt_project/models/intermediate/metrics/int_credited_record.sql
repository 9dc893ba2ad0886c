-- Grain: one row per record of the entities that have no fact of their own, with whom it is
-- credited to
-- Customers and surveys go to the customer's owner of that day, stage changes to the deal's owner
-- of that day, instalments to who signed, tasks to their assignee; market moves to nobody.
with

accounts as (
    select * from {{ ref('stg_accounts') }}
),

customers as (
    select * from {{ ref('int_customer_record') }}
),

places as (
    select * from {{ ref('int_account_place') }}
),

tiers as (
    select * from {{ ref('int_customer_tier_span') }}
),

opportunities as (
    select * from {{ ref('fct_opportunity') }}
),

versions as (
    select * from {{ ref('int_opportunity_version') }}
),

visits as (
    select * from {{ ref('fct_stage_visit') }}
),

receivables as (
    select * from {{ ref('mart_receivable') }}
),

people as (
    select * from {{ ref('stg_people') }}
),

memberships as (
    select * from {{ ref('int_person_org') }}
),

surveys as (
    select * from {{ source('landed', 'satisfaction') }}
),

tasks as (
    select * from {{ source('landed', 'tasks') }}
),

market as (
    select * from {{ source('landed', 'market') }}
),

records as (
    select
        'accounts' as entity,
        accounts.source,
        accounts.source_row,
        accounts.created_on as credited_on,
        cast(null as {{ dbt.type_string() }}) as person_id, accounts.account_id,
        cast(null as {{ dbt.type_string() }}) as opportunity_id,
        cast(null as {{ dbt.type_string() }}) as own_region,
        cast(null as {{ dbt.type_string() }}) as product_line,
        cast(null as {{ dbt.type_string() }}) as to_stage,
        cast(null as boolean) as is_advance, cast(1 as decimal(18, 6)) as fx_rate
    from accounts
    union all
    select
        'satisfaction' as entity,
        surveys.source,
        surveys.source_row,
        surveys.surveyed_on as credited_on,
        null as person_id,
        surveys.account_id,
        null as opportunity_id,
        null as own_region,
        null as product_line,
        null as to_stage, null as is_advance, 1 as fx_rate
    from surveys
    union all
    select
        'stage_events' as entity,
        null as source,
        null as source_row,
        visits.entered_on as credited_on,
        coalesce(versions.owner_id, opportunities.person_id) as person_id,
        null as account_id,
        visits.opportunity_id,
        opportunities.region as own_region, opportunities.product_line, visits.stage as to_stage,
        visits.is_advance and visits.visit_no > 1 as is_advance, 1 as fx_rate
    from visits
    inner join opportunities on visits.opportunity_id = opportunities.opportunity_id
    left join versions
        on
            visits.opportunity_id = versions.opportunity_id
            and {{ is_valid_on('versions', 'visits.entered_on') }}
    union all
    select
        'receivables' as entity,
        source,
        source_row,
        due_on as credited_on,
        person_id,
        null as account_id,
        null as opportunity_id,
        region as own_region,
        null as product_line,
        null as to_stage,
        null as is_advance,
        fx_rate
    from receivables
    union all
    select
        'tasks' as entity,
        tasks.source,
        tasks.source_row,
        coalesce(tasks.completed_on, tasks.due_on) as credited_on,
        people.person_id,
        tasks.account_id,
        tasks.opportunity_id,
        null as own_region,
        null as product_line,
        null as to_stage, null as is_advance, 1 as fx_rate
    from tasks
    -- Two people of one name: neither is credited.
    left join (
        select person_name, min(person_id) as person_id
        from people
        group by person_name
        having count(*) = 1
        union
        select person_id as person_name, person_id from people
    ) as people on tasks.assignee = people.person_name
    union all
    select
        'market' as entity,
        source,
        source_row,
        observed_on as credited_on,
        null as person_id,
        null as account_id,
        null as opportunity_id,
        region as own_region,
        product_line,
        null as to_stage,
        null as is_advance,
        1 as fx_rate
    from market
),

owned as (
    select
        records.*,
        coalesce(customers.customer_id, opportunities.customer_id, 'unknown') as customer_id,
        coalesce(customers.customer_type, opportunities.customer_type, 'unknown') as customer_type,
        places.region as account_region,
        coalesce(records.person_id, places.owner_id, 'unknown') as credited_person_id
    from records
    left join customers on records.account_id = customers.account_id
    left join opportunities on records.opportunity_id = opportunities.opportunity_id
    left join places
        on
            records.account_id = places.account_id
            and {{ is_valid_on('places', 'records.credited_on') }}
),

final as (
    select
        owned.entity,
        owned.source,
        owned.source_row,
        owned.credited_on as changed_on,
        owned.opportunity_id,
        owned.customer_id,
        owned.credited_person_id as person_id,
        coalesce(memberships.org_path, '/unknown/') as org_path,
        coalesce(memberships.team, 'unknown') as team,
        coalesce(owned.own_region, owned.account_region, memberships.region, 'unknown') as region,
        coalesce(owned.product_line, 'unknown') as product_line,
        owned.customer_type,
        coalesce(tiers.tier, 'unknown') as tier,
        owned.to_stage,
        owned.is_advance,
        owned.fx_rate
    from owned
    left join memberships
        on
            owned.credited_person_id = memberships.person_id
            and {{ is_valid_on('memberships', 'owned.credited_on') }}
    left join tiers
        on
            owned.customer_id = tiers.customer_id
            and {{ is_valid_on('tiers', 'owned.credited_on') }}
)

select * from final
