-- Grain: one row per opportunity as of D
with

opportunities as (
    select * from {{ ref('int_opportunity') }}
),

customers as (
    select * from {{ ref('int_customer') }}
),

memberships as (
    select * from {{ ref('int_person_org') }}
),

rates as (
    select * from {{ ref('int_fx_rate') }}
),

credited as (
    select
        opportunities.*,
        -- Credit is stamped at the outcome; an open deal is credited where its owner stands at D.
        coalesce(opportunities.closed_on, {{ as_of() }}) as credited_on
    from opportunities
),

final as (
    select
        credited.opportunity_id,
        credited.opportunity_name,
        coalesce(customers.customer_id, 'unknown') as customer_id,
        coalesce(credited.owner_id, 'unknown') as person_id,
        coalesce(memberships.org_path, '/unknown/') as org_path,
        coalesce(memberships.team, 'unknown') as team,
        coalesce(credited.region, customers.region, memberships.region, 'unknown') as region,
        credited.product_line,
        coalesce(customers.customer_type, 'unknown') as customer_type,
        'unknown' as tier,
        credited.pipeline,
        credited.stage,
        credited.stage_order,
        credited.outcome,
        credited.outcome = 'open' as is_open,
        credited.is_stage_reconstructed,
        cast(credited.amount as decimal(18, 4)) as original_amount,
        credited.currency,
        rates.fx_rate,
        cast(credited.amount * rates.fx_rate as decimal(18, 4)) as amount,
        credited.typed_probability_rate,
        credited.created_on,
        credited.is_undated,
        credited.expected_close_on,
        credited.closed_on,
        {{ days_between('credited.created_on', 'credited.closed_on') }} as cycle_days,
        coalesce(credited.lead_source, 'unknown') as lead_source,
        credited.loss_reason,
        credited.competitor,
        credited.source,
        credited.source_row
    from credited
    left join customers on credited.account_id = customers.account_id
    left join memberships
        on
            credited.owner_id = memberships.person_id
            and credited.credited_on >= memberships.valid_from
            and credited.credited_on < memberships.valid_before
    left join rates
        on
            credited.currency = rates.currency
            and credited.credited_on >= rates.valid_from
            and credited.credited_on < rates.valid_before
)

select * from final
