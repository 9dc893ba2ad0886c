-- Grain: one row per target outside the cascade: a ratio, a lower-is-better figure or a milestone
-- It stands for exactly its scope and period; a milestone is paced by workdays.
with

lines as (
    select * from {{ ref('int_target_line') }}
),

metrics as (
    select * from {{ source('rules', 'metrics') }}
),

periods as (
    select * from {{ ref('int_target_period') }}
),

final as (
    select
        lines.metric,
        lines.level,
        lines.scenario,
        lines.scope_type,
        lines.scope_id,
        lines.period_type,
        lines.start_on as period_start,
        lines.end_on as period_end,
        lines.value as target,
        case
            when
                lines.is_milestone and metrics.aggregate <> 'ratio' and metrics.direction = 'higher'
                then cast(
                    round(
                        lines.value
                        * {{ ratio('periods.workdays_elapsed', 'periods.period_workdays') }},
                        6
                    )
                    as decimal(24, 6)
                )
            when periods.is_started then lines.value
        end as target_to_date,
        lines.is_milestone
        and metrics.aggregate <> 'ratio'
        and metrics.direction = 'higher' as is_spread
    from lines
    inner join metrics on lines.metric = metrics.metric
    inner join periods
        on
            lines.period_type = periods.period_type
            and lines.start_on = periods.period_start and lines.end_on = periods.period_end
    where not lines.is_spread or lines.is_milestone
    qualify row_number() over (
        partition by
            lines.metric, lines.level, lines.scenario, lines.scope_type, lines.scope_id,
            lines.period_type, lines.start_on, lines.end_on
        order by lines.recorded_on desc, lines.line asc
    ) = 1
)

select * from final
