-- Grain: one row per customer × pair of people who work on it at the same time
-- Contacts of the last days, or open opportunities. Not between who handed over and who took over,
-- unless the former owner goes on; not where both share the credit or one is the other's manager;
-- and a leaver collides with nobody.
with

activities as (
    select * from {{ ref('fct_activity') }} where occurred_on <= {{ as_of() }}
),

opportunities as (
    select * from {{ ref('fct_opportunity') }} where is_open
),

customers as (
    select * from {{ ref('int_customer') }}
),

records as (
    select account_id, customer_id from {{ ref('int_customer_record') }}
),

places as (
    select * from {{ ref('int_customer_place') }}
),

deal_versions as (
    select * from {{ ref('int_opportunity_version') }}
),

splits as (
    select * from {{ source('landed', 'credit_splits') }}
),

orders as (
    select * from {{ ref('stg_orders') }}
),

deals as (
    select opportunity_id, customer_id from {{ ref('fct_opportunity') }}
),

people as (
    select * from {{ ref('stg_people') }}
),

settings as (
    select * from {{ source('rules', 'lifecycle_settings') }}
),

touches as (
    select
        activities.customer_id, activities.person_id, count(*) as contact_count,
        max(activities.occurred_on) as last_contact_on, 0 as open_count, 0 as open_amount
    from activities
    cross join settings
    where
        activities.customer_id is not null
        and activities.occurred_on >= {{ days_after(as_of(), '-settings.collision_days') }}
    group by activities.customer_id, activities.person_id
    union all
    select
        customer_id,
        person_id,
        0 as contact_count,
        cast(null as date) as last_contact_on,
        count(*) as open_count,
        coalesce(sum(amount), 0) as open_amount
    from opportunities
    group by customer_id, person_id
),

working as (
    select
        touches.customer_id,
        touches.person_id,
        min(people.person_name) as person_name,
        min(people.manager_id) as manager_id,
        sum(touches.contact_count) as contact_count,
        max(touches.last_contact_on) as last_contact_on,
        sum(touches.open_count) as open_count,
        sum(touches.open_amount) as open_amount
    from touches
    inner join people on touches.person_id = people.person_id
    where touches.customer_id <> 'unknown' and coalesce(people.left_on > {{ as_of() }}, true)
    group by touches.customer_id, touches.person_id
),

pairs as (
    select
        one.customer_id,
        one.person_id as person_a,
        other.person_id as person_b,
        one.person_name as name_a,
        other.person_name as name_b,
        one.manager_id as manager_a,
        other.manager_id as manager_b,
        one.contact_count as contact_count_a,
        other.contact_count as contact_count_b,
        one.last_contact_on as last_contact_on_a,
        other.last_contact_on as last_contact_on_b,
        one.open_count as open_count_a,
        other.open_count as open_count_b,
        one.open_amount as open_amount_a,
        other.open_amount as open_amount_b
    from working as one
    inner join
        working as other
        on one.customer_id = other.customer_id and one.person_id < other.person_id
    where
        coalesce(one.manager_id, '') <> other.person_id
        and coalesce(other.manager_id, '') <> one.person_id
),

customer_turns as (
    select
        customer_id,
        lag(person_id) over (partition by customer_id order by valid_from) as former_id,
        person_id as latter_id,
        valid_from as turned_on
    from places
),

deal_turns as (
    select
        deals.customer_id,
        lag(deal_versions.owner_id) over (
            partition by deal_versions.opportunity_id order by deal_versions.valid_from
        ) as former_id,
        deal_versions.owner_id as latter_id,
        deal_versions.valid_from as turned_on
    from deal_versions
    inner join deals on deal_versions.opportunity_id = deals.opportunity_id
),

handovers as (
    select customer_id, former_id, latter_id, max(turned_on) as turned_on
    from (
        select * from customer_turns
        union all
        select * from deal_turns
    ) as turns
    where former_id <> latter_id
    group by customer_id, former_id, latter_id
),

split_people as (
    select
        coalesce(records.customer_id, deals.customer_id) as customer_id, splits.person_id,
        coalesce(splits.order_id, splits.opportunity_id) as shared_id
    from splits
    left join (
        select order_id, min(account_id) as account_id from orders group by order_id
    ) as ordered on splits.order_id = ordered.order_id
    left join records on ordered.account_id = records.account_id
    left join deals on splits.opportunity_id = deals.opportunity_id
),

shared as (
    select one.customer_id, one.person_id as person_a, other.person_id as person_b
    from split_people as one
    inner join
        split_people as other
        on one.shared_id = other.shared_id and one.person_id < other.person_id
    group by one.customer_id, one.person_id, other.person_id
),

standing as (
    select pairs.*
    from pairs
    left join shared
        on
            pairs.customer_id = shared.customer_id
            and pairs.person_a = shared.person_a and pairs.person_b = shared.person_b
    -- Work of the former owner up to the day of the handover belongs to it, and so do deals left
    -- behind.
    left join handovers as to_b
        on
            pairs.customer_id = to_b.customer_id
            and pairs.person_a = to_b.former_id and pairs.person_b = to_b.latter_id
    left join handovers as to_a
        on
            pairs.customer_id = to_a.customer_id
            and pairs.person_b = to_a.former_id and pairs.person_a = to_a.latter_id
    where
        shared.customer_id is null
        and (to_b.customer_id is null or coalesce(pairs.last_contact_on_a > to_b.turned_on, false))
        and (to_a.customer_id is null or coalesce(pairs.last_contact_on_b > to_a.turned_on, false))
),

final as (
    select
        standing.customer_id,
        customers.account_name as customer_name,
        standing.person_a,
        standing.person_b,
        standing.name_a,
        standing.name_b,
        standing.manager_a,
        standing.manager_b,
        customers.owner_id,
        case
            when
                standing.contact_count_a > 0 and standing.contact_count_b > 0
                and standing.open_count_a > 0 and standing.open_count_b > 0
                then 'contacts_and_opportunities'
            when standing.contact_count_a > 0 and standing.contact_count_b > 0 then 'contacts'
            when standing.open_count_a > 0 and standing.open_count_b > 0 then 'opportunities'
            else 'contact_and_opportunity'
        end as collision_kind,
        cast(standing.contact_count_a as bigint) as contact_count_a,
        cast(standing.contact_count_b as bigint) as contact_count_b,
        standing.last_contact_on_a,
        standing.last_contact_on_b,
        cast(standing.open_count_a as bigint) as open_count_a,
        cast(standing.open_count_b as bigint) as open_count_b,
        {{ money('standing.open_amount_a') }} as open_amount_a,
        {{ money('standing.open_amount_b') }} as open_amount_b,
        customers.source,
        customers.source_row,
        {{ rules_version() }} as rules_version
    from standing
    inner join customers on standing.customer_id = customers.customer_id
)

select * from final
