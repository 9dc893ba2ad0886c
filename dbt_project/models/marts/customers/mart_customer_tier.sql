-- Grain: one row per customer
-- What a customer is worth to follow: its tier, by which rule, since when, and which tier it had
-- before.
with

customers as (
    select * from {{ ref('int_customer') }}
),

tiers as (
    select * from {{ ref('int_customer_tier') }}
),

spans as (
    select * from {{ ref('int_customer_tier_span') }}
    where valid_from <= {{ as_of() }}
),

ranks as (
    select tier, min(rule_order) as tier_rank from {{ source('rules', 'tiers') }} group by tier
),

order_events as (
    select * from {{ ref('int_order_event') }}
),

opportunities as (
    select * from {{ ref('fct_opportunity') }}
),

people as (
    select * from {{ ref('stg_people') }}
),

memberships as (
    select * from {{ ref('int_person_org') }}
),

-- A change of the reason alone is no change of the tier.
changes as (
    select customer_id, tier, previous_tier, valid_from
    from spans
    where previous_tier is null or tier <> previous_tier
    qualify row_number() over (partition by customer_id order by valid_from desc) = 1
),

-- Orders effective at D, each at the day of its signing.
effective as (
    select customer_id, order_id, max(event_on) as signed_on
    from order_events
    group by customer_id, order_id
    having sum(step) > 0
),

bought as (
    select
        customer_id,
        count(*) as effective_order_count,
        min(signed_on) as first_order_on,
        max(signed_on) as last_order_on,
        count(distinct case when signed_on > {{ months_before(as_of(), 12) }} then signed_on end)
            as twelve_month_order_days
    from effective
    group by customer_id
),

standing as (
    select customer_id, count(*) as open_count
    from opportunities
    where outcome = 'open'
    group by customer_id
),

judged as (
    select
        customers.*,
        tiers.tier,
        tiers.tier_reason,
        tiers.rule_tier,
        tiers.approved_by,
        tiers.expires_on,
        tiers.six_month_amount,
        tiers.expected_amount,
        -- What a person decided stands in place of the rule's tier, which is what it would be
        -- without.
        case
            when tiers.tier_reason = 'override' then tiers.rule_tier else changes.previous_tier
        end as previous_tier,
        -- The sheet says until when a decision holds, not since when.
        case
            when tiers.tier_reason = 'override' then null
            when changes.valid_from > cast('1900-01-01' as date) then changes.valid_from
            else customers.created_on
        end as tier_since_on,
        coalesce(bought.effective_order_count, 0) as effective_order_count,
        bought.first_order_on,
        bought.last_order_on,
        coalesce(bought.twelve_month_order_days, 0) as twelve_month_order_days,
        coalesce(standing.open_count, 0) as open_count
    from customers
    inner join tiers on customers.customer_id = tiers.customer_id
    left join changes on customers.customer_id = changes.customer_id
    left join bought on customers.customer_id = bought.customer_id
    left join standing on customers.customer_id = standing.customer_id
),

final as (
    select
        judged.customer_id,
        judged.account_name as customer_name,
        coalesce(judged.owner_id, 'unknown') as person_id,
        coalesce(people.person_name, judged.owner_id, 'unknown') as owner_name,
        people.manager_id,
        coalesce(memberships.team, 'unknown') as team,
        judged.state,
        judged.tier,
        judged.tier_reason,
        judged.rule_tier,
        judged.typed_tier,
        judged.approved_by,
        judged.expires_on,
        judged.previous_tier,
        judged.tier_since_on,
        case
            when judged.previous_tier is null or judged.previous_tier = judged.tier then 'unchanged'
            when now_ranks.tier_rank < then_ranks.tier_rank then 'up'
            else 'down'
        end as tier_move,
        {{ money('judged.six_month_amount') }} as six_month_amount,
        {{ money('judged.expected_amount') }} as expected_amount,
        judged.effective_order_count,
        judged.first_order_on,
        judged.last_order_on,
        judged.twelve_month_order_days,
        judged.twelve_month_order_days >= 2 as is_repurchasing,
        -- One order, over six months old, nothing open.
        judged.effective_order_count = 1
        and judged.last_order_on <= {{ months_before(as_of(), 6) }}
        and judged.open_count = 0 as is_one_time,
        judged.open_count,
        judged.source,
        judged.source_row,
        {{ rules_version() }} as rules_version
    from judged
    left join ranks as now_ranks on judged.tier = now_ranks.tier
    left join ranks as then_ranks on judged.previous_tier = then_ranks.tier
    left join people on judged.owner_id = people.person_id
    left join memberships
        on
            judged.owner_id = memberships.person_id
            and {{ is_valid_on('memberships', as_of()) }}
    qualify row_number() over (
        partition by judged.customer_id
        order by memberships.valid_from desc, memberships.org_path asc
    ) = 1
)

select * from final
