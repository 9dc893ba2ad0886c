-- Grain: one row per metric × level × scenario × period × scope, with rates and what its light
-- depends on
-- Lower is better turns every comparison round: attainment = target ÷ actual, gap = actual −
-- target. A view: one model alone reads it, and its rows are as many as the mart's.
{{ config(materialized='view') }}
with

frame as (
    select * from {{ ref('int_attainment_frame') }}
),

metrics as (
    select * from {{ source('rules', 'metrics') }}
),

deal_sizes as (
    select * from {{ ref('int_deal_size') }}
),

-- A sum without rows is 0; a ratio without rows is unknown.
known as (
    select
        frame.*,
        metrics.direction = 'lower' as is_lower_better,
        metrics.aggregate = 'ratio' as is_ratio,
        metrics.unit,
        case when metrics.aggregate = 'ratio' then frame.actual else coalesce(frame.actual, 0) end
            as known_actual
    from frame
    inner join metrics on frame.metric = metrics.metric
),

sized as (
    select
        known.*,
        case
            when
                known.unit = 'money'
                then coalesce(own.average_deal_amount, whole.average_deal_amount)
            else 1
        end
            as count_size
    from known
    left join
        deal_sizes as own
        on known.scope_type = own.scope_type and known.scope_id = own.scope_id
    left join deal_sizes as whole on whole.scope_type = 'company'
),

rated as (
    select
        sized.*,
        case
            when is_lower_better then {{ ratio('target', 'known_actual') }}
            when target > 0 then {{ ratio('known_actual', 'target') }}
        end as attainment_rate,
        case
            when not is_started or target is null or target = 0 then null
            when is_lower_better then {{ ratio('target_to_date', 'known_actual') }}
            when target_to_date > 0 then {{ ratio('known_actual', 'target_to_date') }}
        end as pace_rate,
        case when is_lower_better then known_actual - target else target - known_actual end as gap,
        case
            when is_lower_better then known_actual - target_to_date else
                target_to_date - known_actual
        end
            as gap_to_date,
        {{ ratio('target_to_date', 'count_size') }} as due_count,
        floor({{ ratio('known_actual', 'count_size') }}) as actual_count
    from sized
),

final as (
    select
        rated.*,
        is_spread
        and not is_ratio
        and not is_lower_better
        and not is_closed
        and {{ is_small_count('due_count') }}
        and due_count > 0
            as is_small_count
    from rated
)

select * from final
