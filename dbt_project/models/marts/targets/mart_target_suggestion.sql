-- Grain: one row per parent × period × person: how a parent without given children could be split
-- The share is the mean of those reasons that anything is known of; the manager may paste it back.
with

cells as (
    select * from {{ ref('mart_target_cascade') }}
    where
        is_in_force and level = 'base' and scenario = 'base' and metric = 'signed_amount'
        and product_line = '(all)' and customer_type = '(all)' and period_type = 'quarter'
        and period_end >= {{ as_of() }}
),

memberships as (
    select memberships.*, people.person_name
    from {{ ref('int_person_org') }} as memberships
    inner join {{ ref('stg_people') }} as people on memberships.person_id = people.person_id
    where
        memberships.valid_from <= {{ as_of() }} and memberships.valid_before > {{ as_of() }}
        and (people.left_on is null or people.left_on > {{ as_of() }})
),

scope_days as (
    select * from {{ ref('int_actual_scope_day') }}
    where scope_type = 'person' and metric = 'signed_amount'
),

opportunities as (
    select * from {{ ref('fct_opportunity') }}
    where is_open
),

customers as (
    select * from {{ ref('int_customer') }}
),

tiers as (
    select * from {{ ref('int_customer_tier') }}
),

organisation as (
    select * from {{ source('rules', 'organisation') }}
    where valid_to is null
),

given_children as (
    select parent_node_id, period_start
    from cells
    where origin = 'given' and parent_node_id is not null
    group by all
),

parents as (
    select cells.*
    from cells
    left join given_children
        on
            cells.node_id = given_children.parent_node_id
            and cells.period_start = given_children.period_start
    where cells.node_kind = 'unit' and given_children.parent_node_id is null and cells.target > 0
),

history as (
    select scope_id as person_id, sum(value) as signed_amount
    from scope_days
    where event_on > {{ months_before(as_of(), 12) }}
    group by scope_id
),

pipeline as (
    select person_id, sum(amount) as open_amount from opportunities group by person_id
),

pool as (
    select
        customers.owner_id as person_id,
        sum(case tiers.tier when 'A' then 3 when 'B' then 2 else 1 end) as pool_weight
    from customers
    left join tiers on customers.customer_id = tiers.customer_id
    group by customers.owner_id
),

people as (
    select
        parents.node_id,
        parents.node_name,
        parents.period_start,
        parents.period_end,
        parents.period_label,
        parents.target as parent_target,
        memberships.person_id,
        memberships.person_name,
        greatest(coalesce(history.signed_amount, 0), 0) as history_amount,
        coalesce(pipeline.open_amount, 0) as open_amount,
        coalesce(pool.pool_weight, 0) as pool_weight,
        coalesce(organisation.potential_amount, 0) as potential_amount
    from parents
    inner join memberships on parents.node_id = memberships.org_id
    left join history on memberships.person_id = history.person_id
    left join pipeline on memberships.person_id = pipeline.person_id
    left join pool on memberships.person_id = pool.person_id
    left join organisation on memberships.region = organisation.node
),

parts as (
    select
        people.*,
        {{ ratio(
            'history_amount', 'sum(history_amount) over (partition by node_id, period_start)'
        ) }}
            as history_share,
        {{ ratio('open_amount', 'sum(open_amount) over (partition by node_id, period_start)') }}
            as pipeline_share,
        {{ ratio('pool_weight', 'sum(pool_weight) over (partition by node_id, period_start)') }}
            as customer_pool_share,
        {{ ratio(
            'potential_amount', 'sum(potential_amount) over (partition by node_id, period_start)'
        ) }}
            as potential_share
    from people
),

weighed as (
    select
        parts.*,
        coalesce(
            {{ ratio(
                'coalesce(history_share, 0) + coalesce(pipeline_share, 0)'
                ~ ' + coalesce(customer_pool_share, 0) + coalesce(potential_share, 0)',
                'case when history_share is null then 0 else 1 end'
                ~ ' + case when pipeline_share is null then 0 else 1 end'
                ~ ' + case when customer_pool_share is null then 0 else 1 end'
                ~ ' + case when potential_share is null then 0 else 1 end'
            ) }},
            {{ ratio('1', 'count(*) over (partition by node_id, period_start)') }}
        ) as proposed_share
    from parts
),

-- Rounded running shares, so that the proposals sum to the parent to the cent.
running as (
    select
        weighed.*,
        round(
            cast(parent_target as decimal(24, 2)) * cast(
                sum(proposed_share)
                    over (partition by node_id, period_start order by person_id)
                as decimal(14, 12)
            ), 2
        ) as so_far
    from weighed
),

final as (
    select
        node_id as parent_node_id,
        node_name as parent_node_name,
        period_start,
        period_end,
        period_label,
        person_id,
        person_name,
        parent_target,
        proposed_share,
        cast(
            so_far
            - coalesce(lag(so_far) over (partition by node_id, period_start order by person_id), 0)
            as decimal(18, 2)
        ) as proposed_target,
        history_share,
        pipeline_share,
        customer_pool_share,
        potential_share,
        {{ money('history_amount') }} as history_amount,
        {{ money('open_amount') }} as open_amount
    from running
)

select * from final
