-- Grain: one row per period and scope in which the market moved so far that targets need calibration
-- A move without region and product line concerns everybody, one of a part that part alone.
with

moves as (
    select market.*
    from {{ source('landed', 'market') }} as market
    cross join {{ source('rules', 'status') }} as thresholds
    where abs(market.change_rate) > thresholds.market_move_rate and market.observed_on <= {{ as_of() }}
),

periods as (
    select * from {{ ref('int_target_period') }}
),

scopes as (
    select scope_type, scope_id
    from {{ ref('int_leaf_scope') }}
    group by scope_type, scope_id
),

concerned as (
    select
        scopes.scope_type, scopes.scope_id, moves.observed_on, moves.change_rate
    from scopes
    inner join moves
        on
            (moves.region is null and moves.product_line is null)
            or (scopes.scope_type = 'region' and moves.region = scopes.scope_id)
            or (scopes.scope_type = 'product_line' and moves.product_line = scopes.scope_id)
            or (
                scopes.scope_type = 'region_product_line'
                and scopes.scope_id = concat(moves.region, '|', moves.product_line)
            )
),

final as (
    select
        concerned.scope_type, concerned.scope_id,
        periods.period_type, periods.period_start, periods.period_end,
        -- Of several the largest either way.
        cast(
            case
                when max(concerned.change_rate) >= -min(concerned.change_rate)
                    then max(concerned.change_rate)
                else min(concerned.change_rate)
            end as double
        ) as market_move_rate
    from concerned
    inner join periods
        on concerned.observed_on >= periods.period_start and concerned.observed_on <= periods.period_end
    group by all
)

select * from final
