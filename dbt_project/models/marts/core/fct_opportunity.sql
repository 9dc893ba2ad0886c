-- Grain: one row per opportunity as of D
with

opportunities as (
    select * from {{ ref('int_opportunity') }}
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

memberships as (
    select * from {{ ref('int_person_org') }}
),

rates as (
    select * from {{ ref('int_fx_rate') }}
),

company as (
    select * from {{ source('reference', 'company') }}
),

-- Opportunities with an effective order: signed already, so out of the pipeline.
ordered as (
    select opportunity_id
    from {{ ref('int_order_entry') }}
    where opportunity_id is not null
    group by opportunity_id
    having sum(effective_step) > 0
),

credited as (
    select
        opportunities.*,
        -- Credit is stamped at the outcome; an open deal is credited where its owner stands at D.
        coalesce(opportunities.closed_on, {{ as_of() }}) as credited_on,
        coalesce(opportunities.created_on, opportunities.closed_on, {{ as_of() }}) as graded_on
    from opportunities
),

final as (
    select
        credited.opportunity_id,
        credited.opportunity_name,
        coalesce(customers.customer_id, 'unknown') as customer_id,
        credited.account_id,
        coalesce(credited.owner_id, 'unknown') as person_id,
        coalesce(memberships.org_path, '/unknown/') as org_path,
        coalesce(memberships.team, 'unknown') as team,
        coalesce(credited.region, places.region, memberships.region, 'unknown') as region,
        credited.product_line,
        coalesce(customers.customer_type, 'unknown') as customer_type,
        -- Today's tier would be circular: customers are grade A because they were won.
        coalesce(tiers.tier, 'unknown') as tier,
        credited.pipeline,
        credited.stage,
        credited.stage_order,
        credited.outcome,
        coalesce(credited.is_signed, false) as is_signed,
        ordered.opportunity_id is not null as has_effective_order,
        company.signed_amount_source = 'orders' and coalesce(credited.is_signed, false)
        and ordered.opportunity_id is null as is_signed_without_order,
        -- Signed deals are no longer open, whether booked or waiting for their order.
        credited.outcome = 'open' and not coalesce(credited.is_signed, false)
        and not (company.signed_amount_source = 'orders' and ordered.opportunity_id is not null)
            as is_open,
        credited.outcome = 'open' and not coalesce(credited.is_signed, false)
        and not (company.signed_amount_source = 'orders' and ordered.opportunity_id is not null)
        and credited.amount is not null and rates.fx_rate is not null as is_weighted,
        credited.is_stage_reconstructed,
        cast(credited.amount as decimal(18, 4)) as original_amount,
        credited.currency,
        rates.fx_rate,
        {{ converted('credited.amount', 'rates.fx_rate') }} as amount,
        credited.typed_probability_rate,
        credited.created_on,
        credited.is_undated,
        credited.expected_close_on,
        credited.closed_on,
        -- A deal that was entered after it was closed has no cycle that means anything.
        case
            when credited.closed_on >= credited.created_on
                then {{ days_between('credited.created_on', 'credited.closed_on') }}
        end as cycle_days,
        coalesce(credited.lead_source, 'unknown') as lead_source,
        credited.loss_reason,
        credited.competitor,
        credited.source,
        credited.source_row
    from credited
    cross join company
    left join ordered on credited.opportunity_id = ordered.opportunity_id
    left join customers on credited.account_id = customers.account_id
    left join places
        on
            credited.account_id = places.account_id
            and {{ is_valid_on('places', 'credited.credited_on') }}
    left join tiers
        on
            customers.customer_id = tiers.customer_id
            and {{ is_valid_on('tiers', 'credited.graded_on') }}
    left join memberships
        on
            credited.owner_id = memberships.person_id
            and {{ is_valid_on('memberships', 'credited.credited_on') }}
    left join rates
        on
            credited.currency = rates.currency
            and {{ is_valid_on('rates', 'credited.credited_on') }}
)

select * from final
