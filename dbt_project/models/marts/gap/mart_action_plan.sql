-- Grain: one row per task, and per proposed action that no task covers yet
-- A task is tied to the scope that its title names, else to the customer's or deal's owner, else to
-- its assignee; its cause is read from the actions sheet. Proposals are for the running quarter:
-- the main cause and the number that closes it.
with

tasks as (
    select * from {{ source('landed', 'tasks') }}
),

reasons as (
    select reason, max(reason_cause) as reason_cause
    from {{ source('rules', 'action_reasons') }}
    group by reason
),

actions as (
    select cause, max(action) as action, max(action_en) as action_en
    from {{ source('rules', 'actions') }}
    group by cause
),

people as (
    select * from {{ ref('stg_people') }}
),

-- Who is here at D, in which units; lines of products are everybody's business.
members as (
    select people.person_id, people.manager_id, memberships.region, memberships.team
    from people
    inner join {{ ref('int_person_org') }} as memberships
        on
            people.person_id = memberships.person_id
            and {{ is_valid_on('memberships', as_of()) }}
    where people.left_on is null or people.left_on >= {{ as_of() }}
),

placed_members as (
    select 'company' as scope_type, 'company' as scope_id, person_id, manager_id from members
    {%- for unit in ['region', 'team'] %}
    union all
    select '{{ unit }}' as scope_type, {{ unit }} as scope_id, person_id, manager_id from members
    {%- endfor %}
),

reports as (
    select manager_id, count(distinct person_id) as report_count from members group by manager_id
),

-- A unit is led by who in it reports to nobody in it; of several by the one with the most reports.
heads as (
    select placed_members.scope_type, placed_members.scope_id, placed_members.person_id
    from placed_members
    left join placed_members as superiors
        on
            placed_members.scope_type = superiors.scope_type
            and placed_members.scope_id = superiors.scope_id
            and placed_members.manager_id = superiors.person_id
    left join reports on placed_members.person_id = reports.manager_id
    where superiors.person_id is null
    qualify row_number() over (
        partition by placed_members.scope_type, placed_members.scope_id
        order by coalesce(reports.report_count, 0) desc, placed_members.person_id asc
    ) = 1
),

deals as (
    select opportunity_id, customer_id, person_id from {{ ref('fct_opportunity') }}
),

customers as (
    select records.account_id, records.customer_id, records.owner_id
    from {{ ref('int_customer_record') }} as records
),

scopes as (
    select scope_type, scope_id, scope_name
    from {{ ref('int_scope') }}
    where
        scope_type in ('region', 'team', 'product_line')
        and scope_id not in ('unknown', 'unallocated')
),

gaps as (
    select * from {{ ref('mart_gap') }}
    where
        period_type = 'quarter' and period_start <= {{ as_of() }} and period_end >= {{ as_of() }}
        and metric in ('signed_amount', 'collected_amount')
),

causes as (
    select * from {{ ref('mart_gap_cause') }} where period_type = 'quarter'
),

responsibles as (
    select metric, scope_type, scope_id, max(responsible_id) as responsible_id
    from {{ ref('mart_target_attainment') }}
    where
        is_in_force
        and period_type = 'quarter'
        and period_start <= {{ as_of() }}
        and period_end >= {{ as_of() }}
    group by all
),

-- An assignee is a person's id, e-mail or name; a name that two people carry is nobody's.
named as (
    select
        tasks.task_id,
        min(people.person_id) as person_id
    from tasks
    inner join people
        on
            tasks.assignee = people.person_id or tasks.assignee = people.person_name
            or lower(tasks.assignee) = lower(people.email)
    group by tasks.task_id
    having count(*) = 1
),

-- The longest name in the title is the one that is meant.
titled as (
    select tasks.task_id, scopes.scope_type, scopes.scope_id, scopes.scope_name
    from tasks
    inner join scopes on instr(tasks.title, scopes.scope_name) > 0
    qualify row_number() over (
        partition by tasks.task_id
        order by length(scopes.scope_name) desc, scopes.scope_type asc, scopes.scope_id asc
    ) = 1
),

placed as (
    select
        tasks.*,
        named.person_id,
        coalesce(deals.customer_id, customers.customer_id) as customer_id,
        case
            when titled.scope_id is not null then titled.scope_type
            when
                coalesce(deals.person_id, customers.owner_id, named.person_id) is not null
                then 'person'
            else 'company'
        end as scope_type,
        coalesce(titled.scope_id, deals.person_id, customers.owner_id, named.person_id, 'company')
            as scope_id,
        case
            when titled.scope_id is not null then 'title'
            when deals.person_id is not null then 'opportunity'
            when customers.owner_id is not null then 'customer'
            when named.person_id is not null then 'assignee'
            else 'none'
        end as scope_source,
        coalesce(reasons.reason_cause, tasks.cause) as known_cause
    from tasks
    left join named on tasks.task_id = named.task_id
    left join titled on tasks.task_id = titled.task_id
    left join deals on tasks.opportunity_id = deals.opportunity_id
    left join customers on tasks.account_id = customers.account_id
    left join reasons on tasks.cause = reasons.reason
),

-- Slow collections are a gap of collected money, all else one of signed money.
aimed as (
    select
        placed.*,
        case when known_cause = 'collections' then 'collected_amount' else 'signed_amount' end
            as metric,
        case when known_cause = 'collections' then 'conversion' else known_cause end as factor,
        coalesce(completed_on <= {{ as_of() }}, false)
        or coalesce(lower(status) in ('done', 'completed'), false) as is_done
    from placed
),

proposed as (
    select gaps.*, gaps.action_cause as cause from gaps
    where
        gaps.main_cause is not null and gaps.action is not null
        and gaps.scope_type in ('company', 'region', 'team', 'product_line')
        and gaps.scope_id not in ('unknown', 'unallocated')
),

-- Done before the period began, a task covers nothing of it.
uncovered as (
    select proposed.*
    from proposed
    left join aimed
        on
            proposed.scope_type = aimed.scope_type and proposed.scope_id = aimed.scope_id
            and proposed.metric = aimed.metric and proposed.cause = aimed.known_cause
            and (
                not aimed.is_done
                or aimed.completed_on is null
                or proposed.period_start <= aimed.completed_on
            )
    where aimed.task_id is null
),

rows_of_both as (
    select
        task_id as action_id,
        'task' as kind,
        title,
        known_cause as cause,
        factor,
        metric,
        scope_type,
        scope_id,
        scope_source,
        person_id as owner_id,
        assignee,
        due_on,
        completed_on,
        is_done,
        customer_id,
        opportunity_id,
        source,
        source_row
    from aimed
    union all
    select
        concat('proposed|', metric, '|', period_label, '|', scope_type, '|', scope_id) as action_id,
        'proposed' as kind,
        action as title,
        cause,
        main_cause as factor,
        metric,
        scope_type,
        scope_id,
        'gap' as scope_source,
        cast(null as {{ dbt.type_string() }}) as owner_id,
        cast(null as {{ dbt.type_string() }}) as assignee,
        cast(null as date) as due_on, cast(null as date) as completed_on, false as is_done,
        cast(null as {{ dbt.type_string() }}) as customer_id,
        cast(null as {{ dbt.type_string() }}) as opportunity_id,
        cast(null as {{ dbt.type_string() }}) as source,
        cast(null as {{ dbt.type_string() }}) as source_row
    from uncovered
),

-- Who answers for a proposal: whom the target sheet names, else who leads the unit or the company.
owned as (
    select
        rows_of_both.*,
        coalesce(rows_of_both.owner_id, responsibles.responsible_id, heads.person_id)
            as answering_id
    from rows_of_both
    left join responsibles
        on
            rows_of_both.kind = 'proposed' and rows_of_both.metric = responsibles.metric
            and rows_of_both.scope_type = responsibles.scope_type
            and rows_of_both.scope_id = responsibles.scope_id
    left join heads
        on
            rows_of_both.kind = 'proposed'
            and (
                (
                    rows_of_both.scope_type = heads.scope_type
                    and rows_of_both.scope_id = heads.scope_id
                )
                or (rows_of_both.scope_type = 'product_line' and heads.scope_type = 'company')
            )
),

final as (
    select
        owned.action_id,
        owned.kind,
        owned.title,
        owned.cause,
        owned.scope_type,
        owned.scope_id,
        coalesce(scopes.scope_name, scope_people.person_name, owned.scope_id) as scope_name,
        owned.scope_source,
        owned.answering_id as owner_id,
        coalesce(owners.person_name, owned.assignee) as owner_name,
        owners.manager_id,
        owned.due_on,
        owned.completed_on,
        case
            when owned.kind = 'proposed' then 'proposed'
            when owned.is_done then 'done'
            when owned.due_on < {{ as_of() }} then 'overdue'
            else 'open'
        end as status,
        cast(
            case
                when not owned.is_done and owned.due_on < {{ as_of() }}
                    then {{ days_between('owned.due_on', as_of()) }}
                else 0
            end as bigint
        ) as overdue_days,
        gaps.metric,
        gaps.period_type,
        gaps.period_start,
        gaps.period_end,
        gaps.period_label,
        gaps.gap,
        gaps.residual_gap,
        causes.contribution as cause_contribution,
        gaps.main_cause,
        coalesce(owned.factor = gaps.main_cause, false) as is_main_cause,
        actions.action,
        coalesce(actions.action_en, actions.action) as action_en,
        cast(
            case owned.factor
                when 'volume' then gaps.customers_needed
                when 'conversion' then gaps.conversion_needed
                when 'deal_size' then gaps.deal_size_needed
            end as double
        ) as closing_number,
        case owned.factor
            when 'volume' then 'customers_needed'
            when 'conversion' then 'conversion_needed'
            when 'deal_size' then 'deal_size_needed'
        end as closing_kind,
        owned.customer_id,
        owned.opportunity_id,
        owned.source,
        owned.source_row
    from owned
    left join gaps
        on
            owned.metric = gaps.metric
            and owned.scope_type = gaps.scope_type and owned.scope_id = gaps.scope_id
    left join causes
        on
            gaps.metric = causes.metric
            and gaps.period_start = causes.period_start
            and gaps.period_end = causes.period_end
            and gaps.scope_type = causes.scope_type and gaps.scope_id = causes.scope_id
            and owned.factor = causes.factor
    left join scopes on owned.scope_type = scopes.scope_type and owned.scope_id = scopes.scope_id
    left join
        people as scope_people
        on owned.scope_type = 'person' and owned.scope_id = scope_people.person_id
    left join people as owners on owned.answering_id = owners.person_id
    left join actions on owned.cause = actions.cause
)

select * from final
