-- Grain: one row per opportunity, as last handed over
with

opportunities as (
    select * from {{ source('landed', 'opportunities') }}
),

final as (
    select
        opportunity_id,
        name as opportunity_name,
        account_id,
        owner_id,
        {{ known_pipeline('pipeline') }} as pipeline,
        coalesce(product_line, 'unknown') as product_line,
        region,
        stage,
        amount,
        {{ currency_of('currency') }} as currency,
        -- CRMs write 60 or 0.6; both are 60 %. 1000 and -5 are nothing that anybody can mean.
        cast(
            case
                when probability < 0 or probability > 100 then null
                when probability > 1 then probability * 0.01
                else probability
            end as decimal(18, 6)
        )
            as typed_probability_rate,
        created_at,
        created_on,
        created_on is null as is_undated,
        expected_close_on,
        closed_at,
        closed_on,
        updated_at,
        lead_source,
        loss_reason,
        competitor,
        is_reconstructed,
        landed_on,
        source,
        source_row
    from opportunities
)

select * from final
