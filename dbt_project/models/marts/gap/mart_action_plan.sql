-- Grain: one row per task, and per proposed action that no task covers yet
-- A task is tied to the scope that its title names, else to the customer's or deal's owner, else to its assignee; its
-- cause is read from the actions sheet. Proposals are for the running quarter: the main cause and the number that closes it.
with

tasks as (
    select * from {{ source('landed', 'tasks') }}
),

reasons as (
    select reason, max(reason_cause) as reason_cause from {{ source('rules', 'action_reasons') }} group by reason
),

actions as (
    select cause, max(action) as action, max(action_en) as action_en from {{ source('rules', 'actions') }} group by cause
),

people as (
    select * from {{ ref('stg_people') }}
),


deals as (
    select opportunity_id, customer_id, person_id from {{ ref('fct_opportunity') }}
),

customers as (
    select records.account_id, records.customer_id, records.owner_id from {{ ref('int_customer_record') }} as records
),

scopes as (
    select scope_type, scope_id, max(scope_name) as scope_name
    from {{ ref('int_leaf_scope') }}
    where scope_type in ('region', 'team', 'product_line') and scope_id not in ('unknown', 'unallocated')
    group by scope_type, scope_id
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
    select metric, period_start, period_end, scope_type, scope_id, max(responsible_id) as responsible_id
    from {{ ref('mart_target_attainment') }}
    where is_in_force and period_type = 'quarter'
    group by all
),

-- An assignee is a person's id, e-mail or name; a name that two people carry is nobody's.
named as (
    select
        tasks.task_id,
        min(people.person_id) as person_id
    from tasks
    inner join people
        on tasks.assignee = people.person_id or tasks.assignee = people.person_name
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
        partition by tasks.task_id order by length(scopes.scope_name) desc, scopes.scope_type, scopes.scope_id
    ) = 1
),

placed as (
    select
        tasks.*,
        named.person_id,
        coalesce(deals.customer_id, customers.customer_id) as customer_id,
        case
            when titled.scope_id is not null then titled.scope_type
            when coalesce(deals.person_id, customers.owner_id, named.person_id) is not null then 'person'
            else 'company'
        end as scope_type,
        coalesce(titled.scope_id, deals.person_id, customers.owner_id, named.person_id, 'company') as scope_id,
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
        case when known_cause = 'collections' then 'collected_amount' else 'signed_amount' end as metric,
        case when known_cause = 'collections' then 'conversion' else known_cause end as factor,
        coalesce(completed_on <= {{ as_of() }}, false) or coalesce(lower(status) in ('done', 'completed'), false) as is_done
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
            and (not aimed.is_done or aimed.completed_on is null or aimed.completed_on >= proposed.period_start)
    where aimed.task_id is null
),

rows_of_both as (
    select
        task_id as action_id, 'task' as kind, title, known_cause as cause, factor, metric, scope_type, scope_id, scope_source,
        person_id as owner_id, assignee, due_on, completed_on, is_done, customer_id, opportunity_id, source, source_row
    from aimed
    union all
    select
        concat('proposed|', metric, '|', period_label, '|', scope_type, '|', scope_id) as action_id, 'proposed' as kind,
        action as title, cause, main_cause as factor, metric, scope_type, scope_id, 'gap' as scope_source,
        cast(null as {{ dbt.type_string() }}) as owner_id, cast(null as {{ dbt.type_string() }}) as assignee,
        cast(null as date) as due_on, cast(null as date) as completed_on, false as is_done,
        cast(null as {{ dbt.type_string() }}) as customer_id, cast(null as {{ dbt.type_string() }}) as opportunity_id,
        cast(null as {{ dbt.type_string() }}) as source, cast(null as {{ dbt.type_string() }}) as source_row
    from uncovered
),

final as (
    select
        rows_of_both.action_id,
        rows_of_both.kind,
        rows_of_both.title,
        rows_of_both.cause,
        rows_of_both.scope_type,
        rows_of_both.scope_id,
        coalesce(scopes.scope_name, scope_people.person_name, rows_of_both.scope_id) as scope_name,
        rows_of_both.scope_source,
        coalesce(rows_of_both.owner_id, responsibles.responsible_id) as owner_id,
        coalesce(owners.person_name, rows_of_both.assignee) as owner_name,
        owners.manager_id,
        rows_of_both.due_on,
        rows_of_both.completed_on,
        case
            when rows_of_both.kind = 'proposed' then 'proposed'
            when rows_of_both.is_done then 'done'
            when rows_of_both.due_on < {{ as_of() }} then 'overdue'
            else 'open'
        end as status,
        cast(
            case when not rows_of_both.is_done and rows_of_both.due_on < {{ as_of() }}
                then {{ days_between('rows_of_both.due_on', as_of()) }} else 0
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
        coalesce(rows_of_both.factor = gaps.main_cause, false) as is_main_cause,
        actions.action,
        coalesce(actions.action_en, actions.action) as action_en,
        cast(
            case rows_of_both.factor
                when 'volume' then gaps.customers_needed
                when 'conversion' then gaps.conversion_needed
                when 'deal_size' then gaps.deal_size_needed
            end as double
        ) as closing_number,
        case rows_of_both.factor
            when 'volume' then 'customers_needed'
            when 'conversion' then 'conversion_needed'
            when 'deal_size' then 'deal_size_needed'
        end as closing_kind,
        rows_of_both.customer_id,
        rows_of_both.opportunity_id,
        rows_of_both.source,
        rows_of_both.source_row
    from rows_of_both
    left join gaps
        on
            rows_of_both.metric = gaps.metric
            and rows_of_both.scope_type = gaps.scope_type and rows_of_both.scope_id = gaps.scope_id
    left join causes
        on
            gaps.metric = causes.metric and gaps.period_start = causes.period_start and gaps.period_end = causes.period_end
            and gaps.scope_type = causes.scope_type and gaps.scope_id = causes.scope_id
            and rows_of_both.factor = causes.factor
    left join responsibles
        on
            rows_of_both.kind = 'proposed' and gaps.metric = responsibles.metric
            and gaps.period_start = responsibles.period_start and gaps.period_end = responsibles.period_end
            and gaps.scope_type = responsibles.scope_type and gaps.scope_id = responsibles.scope_id
    left join scopes on rows_of_both.scope_type = scopes.scope_type and rows_of_both.scope_id = scopes.scope_id
    left join people as scope_people on rows_of_both.scope_type = 'person' and rows_of_both.scope_id = scope_people.person_id
    left join people as owners on coalesce(rows_of_both.owner_id, responsibles.responsible_id) = owners.person_id
    left join actions on rows_of_both.cause = actions.cause
)

select * from final
