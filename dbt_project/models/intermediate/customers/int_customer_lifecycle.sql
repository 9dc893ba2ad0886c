-- Grain: one row per living customer and run of days with one lifecycle stage in one place
-- Typed where the company types it; else from effective orders and open deals. Invalid customers
-- have none.
with

places as (
    select * from {{ ref('int_customer_place') }}
),

lives as (
    select * from {{ ref('int_customer_life') }}
),

order_events as (
    select * from {{ ref('int_order_event') }}
),

visits as (
    select visits.*, opportunities.customer_id
    from {{ ref('fct_stage_visit') }} as visits
    inner join
        {{ ref('fct_opportunity') }} as opportunities
        on visits.opportunity_id = opportunities.opportunity_id
    where visits.outcome = 'open'
),

settings as (
    select * from {{ source('rules', 'lifecycle_settings') }}
),

changes as (
    select customer_id, event_on as changed_on, step as order_step, 0 as open_step, 0 as late_step
    from order_events
    union all
    select
        visits.customer_id, visits.entered_on as changed_on, 0 as order_step, 1 as open_step,
        case when visits.stage_order >= settings.negotiating_stage_order then 1 else 0 end
            as late_step
    from visits
    cross join settings
    union all
    select
        visits.customer_id, visits.exited_on as changed_on, 0 as order_step, -1 as open_step,
        case when visits.stage_order >= settings.negotiating_stage_order then -1 else 0 end
            as late_step
    from visits
    cross join settings
    where visits.exited_on is not null
    union all
    select
        customer_id,
        cast('1900-01-01' as date) as changed_on,
        0 as order_step,
        0 as open_step,
        0 as late_step
    from places
    group by customer_id
),

daily as (
    select
        customer_id,
        changed_on,
        sum(order_step) as order_step,
        sum(open_step) as open_step,
        sum(late_step) as late_step
    from changes
    where changed_on <= {{ as_of() }}
    group by customer_id, changed_on
),

levels as (
    select
        customer_id,
        changed_on as valid_from,
        coalesce(
            lead(changed_on) over (partition by customer_id order by changed_on),
            cast('9999-12-31' as date)
        ) as valid_before,
        case
            when
                sum(order_step) over (partition by customer_id order by changed_on) > 0
                then 'closed_deal'
            when
                sum(late_step) over (partition by customer_id order by changed_on) > 0
                then 'negotiating'
            when
                sum(open_step) over (partition by customer_id order by changed_on) > 0
                then 'interested'
            else 'potential'
        end as derived_lifecycle
    from daily
),

-- What was typed goes before what follows from orders and deals.
final as (
    select
        levels.customer_id,
        places.leaf_id,
        coalesce(lives.typed_lifecycle, levels.derived_lifecycle) as lifecycle,
        greatest(levels.valid_from, lives.valid_from, places.valid_from) as valid_from,
        least(levels.valid_before, lives.valid_before, places.valid_before) as valid_before
    from levels
    inner join lives
        on
            levels.customer_id = lives.customer_id
            and levels.valid_from < lives.valid_before and levels.valid_before > lives.valid_from
    inner join places
        on
            levels.customer_id = places.customer_id
            and levels.valid_from < places.valid_before and levels.valid_before > places.valid_from
            and lives.valid_from < places.valid_before and lives.valid_before > places.valid_from
    where lives.is_alive
)

select * from final
