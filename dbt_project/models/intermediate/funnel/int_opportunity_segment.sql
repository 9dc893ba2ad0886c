-- Grain: one row per opportunity and run of days in which stage, owner, his place, amount and
-- expected close stood
-- What flow, bridge, coverage and cohorts read: who had which deal where on any day. Days are
-- half-open.
with

opportunities as (
    select * from {{ ref('fct_opportunity') }}
),

visits as (
    select * from {{ ref('fct_stage_visit') }}
),

versions as (
    select * from {{ ref('int_opportunity_version') }}
),

memberships as (
    select * from {{ ref('int_person_org') }}
),

rates as (
    select * from {{ ref('int_fx_rate') }}
),

stages as (
    select
        stage,
        min(outcome) as outcome,
        bool_or(is_signed) as is_signed,
        max(stage_order) as stage_order
    from {{ ref('int_pipeline_stage') }}
    where is_current
    group by stage
),

-- Where a company has orders, the order signs the deal; an order cancelled by D never did.
orders as (
    select orders.opportunity_id, min(orders.signed_on) as signed_on
    from {{ ref('stg_orders') }} as orders
    cross join {{ source('reference', 'company') }} as company
    where
        company.signed_amount_source = 'orders'
        and orders.opportunity_id is not null
        and orders.signed_on <= company.as_of
        and orders.order_id in (
            select effective_orders.order_id from {{ ref('int_order') }} as effective_orders
            where effective_orders.is_effective
        )
    group by orders.opportunity_id
),

stays as (
    select
        visits.opportunity_id,
        visits.attempt_no,
        visits.visit_no,
        visits.pipeline,
        visits.stage,
        visits.stage_order,
        visits.outcome, visits.is_signed, visits.is_after_sale, visits.is_undone_loss,
        visits.entered_on as stay_from,
        coalesce(visits.exited_on, cast('9999-12-31' as date)) as stay_before,
        false as is_deleted
    from visits
    union all
    select
        versions.opportunity_id,
        1 as attempt_no,
        versions.version_no as visit_no,
        'unknown' as pipeline,
        versions.stage,
        stages.stage_order,
        coalesce(stages.outcome, 'open') as outcome,
        coalesce(stages.is_signed, false) as is_signed,
        false as is_after_sale, false as is_undone_loss, versions.valid_from as stay_from,
        versions.valid_before as stay_before, true as is_deleted
    from versions
    left join stages on versions.stage = stages.stage
    where versions.is_deleted
),

-- The days on which anything changes hands inside a stay.
cuts as (
    select opportunity_id, valid_from as cut_on from versions
    union
    select opportunity_id, signed_on as cut_on from orders
    union
    select versions.opportunity_id, memberships.valid_from as cut_on
    from versions
    inner join memberships
        on
            versions.owner_id = memberships.person_id
            and versions.valid_from < memberships.valid_from
            and versions.valid_before > memberships.valid_from
    union
    select versions.opportunity_id, memberships.valid_before as cut_on
    from versions
    inner join memberships
        on
            versions.owner_id = memberships.person_id
            and versions.valid_from < memberships.valid_before
            and versions.valid_before > memberships.valid_before
),

starts as (
    select opportunity_id, visit_no, stay_from as valid_from from stays
    union
    select stays.opportunity_id, stays.visit_no, cuts.cut_on as valid_from
    from stays
    inner join cuts on stays.opportunity_id = cuts.opportunity_id
    -- A closed deal stays with whoever closed it.
    where
        stays.outcome = 'open' and cuts.cut_on > stays.stay_from and cuts.cut_on < stays.stay_before
        and cuts.cut_on <= {{ as_of() }}
),

spans as (
    select
        starts.opportunity_id,
        starts.visit_no,
        starts.valid_from,
        coalesce(
            lead(starts.valid_from) over (
                partition by starts.opportunity_id, starts.visit_no order by starts.valid_from
            ), stays.stay_before
        ) as valid_before,
        row_number()
            over (partition by starts.opportunity_id, starts.visit_no order by starts.valid_from)
            as part_no,
        count(*) over (partition by starts.opportunity_id, starts.visit_no) as part_count
    from starts
    inner join
        stays
        on starts.opportunity_id = stays.opportunity_id and starts.visit_no = stays.visit_no
),

valued as (
    select
        stays.*,
        spans.valid_from,
        spans.valid_before,
        spans.part_no,
        spans.part_count,
        coalesce(versions.owner_id, opportunities.person_id, 'unknown') as person_id,
        coalesce(versions.amount, opportunities.original_amount) as original_amount,
        coalesce(versions.currency, opportunities.currency) as currency,
        coalesce(versions.expected_close_on, opportunities.expected_close_on) as expected_close_on,
        orders.signed_on as order_signed_on
    from spans
    inner join
        stays
        on spans.opportunity_id = stays.opportunity_id and spans.visit_no = stays.visit_no
    left join opportunities on spans.opportunity_id = opportunities.opportunity_id
    left join orders on spans.opportunity_id = orders.opportunity_id
    left join versions
        on
            spans.opportunity_id = versions.opportunity_id
            and {{ is_valid_on('versions', 'spans.valid_from') }}
),

placed as (
    select
        valued.opportunity_id,
        valued.attempt_no,
        valued.visit_no,
        valued.part_no,
        valued.part_count,
        valued.pipeline,
        valued.stage,
        valued.stage_order,
        valued.outcome,
        valued.is_after_sale,
        valued.is_undone_loss,
        valued.is_deleted,
        -- Signed is out of the open pipeline, whether the stage says so or an order.
        case
            when valued.outcome = 'lost' then 'lost'
            when
                valued.outcome = 'won'
                or valued.is_signed
                or valued.valid_from >= valued.order_signed_on
                then 'won'
            else 'open'
        end as standing,
        valued.person_id,
        coalesce(memberships.org_path, '/unknown/') as org_path,
        coalesce(memberships.team, 'unknown') as team,
        coalesce(opportunities.own_region, memberships.region, 'unknown') as region,
        coalesce(opportunities.product_line, 'unknown') as product_line,
        coalesce(opportunities.customer_type, 'unknown') as customer_type,
        coalesce(opportunities.tier, 'unknown') as tier,
        coalesce(opportunities.lead_source, 'unknown') as lead_source,
        valued.original_amount,
        valued.currency,
        -- One rate per deal: of the day it closed, else of D. A past deal is never rated anew.
        {{ converted('valued.original_amount', 'coalesce(opportunities.fx_rate, rates.fx_rate)') }}
            as amount,
        valued.expected_close_on,
        valued.order_signed_on,
        valued.valid_from,
        valued.valid_before
    from valued
    left join (
        select facts.*, coalesce(own.region, customers.region) as own_region
        from opportunities as facts
        inner join {{ ref('int_opportunity') }} as own on facts.opportunity_id = own.opportunity_id
        left join
            {{ ref('int_customer') }} as customers
            on facts.customer_id = customers.customer_id
    ) as opportunities on valued.opportunity_id = opportunities.opportunity_id
    left join memberships
        on
            valued.person_id = memberships.person_id
            and {{ is_valid_on('memberships', 'valued.valid_from') }}
    left join rates
        on
            valued.currency = rates.currency
            and {{ is_valid_on('rates', as_of()) }}
    -- Two places on one day: the first stands, so that no deal counts twice.
    qualify row_number() over (
        partition by valued.opportunity_id, valued.visit_no, valued.part_no
        order by memberships.org_path, rates.valid_from
    ) = 1
),

final as (
    select {{ leaf_id('placed') }} as leaf_id, placed.* from placed
)

select * from final
