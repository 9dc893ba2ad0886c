-- Grain: one row per metric, scope and period with a target: the elastic reserve that the rules
-- give it
-- The row of the sheet that says most wins: its own metric, then its own scope, then its own
-- quarter.
with

targets as (
    select metric, scope_type, scope_id, period_type, period_start
    from {{ ref('int_target_scope_period') }}
    group by all
),

rules as (
    select * from {{ source('rules', 'reserve') }}
),

settings as (
    select * from {{ source('rules', 'reserve_settings') }}
),

days as (
    select * from {{ source('reference', 'calendar_day') }}
),

seasons as (
    select targets.*, substr(days.quarter_label, length(days.quarter_label) - 1, 2) as quarter
    from targets
    inner join days on targets.period_start = days.date_day
),

matched as (
    select
        seasons.metric,
        seasons.scope_type,
        seasons.scope_id,
        seasons.period_type,
        seasons.period_start,
        coalesce(rules.reserve_rate, settings.reserve_rate) as reserve_rate
    from seasons
    cross join settings
    left join rules
        on
            (rules.metric is null or seasons.metric = rules.metric)
            and (rules.scope is null or seasons.scope_id = rules.scope)
            and (
                rules.quarter is null
                or (seasons.period_type <> 'year' and upper(rules.quarter) = seasons.quarter)
            )
    qualify row_number() over (
        partition by
            seasons.metric,
            seasons.scope_type,
            seasons.scope_id,
            seasons.period_type,
            seasons.period_start
        order by
            case when rules.metric is null then 1 else 0 end,
            case when rules.scope is null then 1 else 0 end,
            case when rules.quarter is null then 1 else 0 end
    ) = 1
),

final as (
    select * from matched
)

select * from final
