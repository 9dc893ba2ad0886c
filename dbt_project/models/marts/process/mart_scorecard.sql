-- Grain: one row per person and month, quarter or year
with

components as (
    select * from {{ ref('mart_scorecard_component') }}
),

settings as (
    select * from {{ source('rules', 'scorecard_settings') }}
),

summed as (
    select
        person_id,
        max(person_name) as person_name,
        max(manager_id) as manager_id,
        period_type,
        period_start,
        period_end,
        max(period_label) as period_label,
        count(*) as component_count,
        count(score) as scored_count,
        sum(case when score is not null then cast(weight_rate as decimal(18, 6)) else 0 end)
            as scored_weight,
        sum(cast(weight_rate * score as decimal(18, 8))) as weighted_score,
        {{ joined_texts(
            "case when score is null then concat(metric, ' (', score_reason, ')') end", 'metric'
        ) }}
            as missing_components
    from components
    group by person_id, period_type, period_start, period_end
),

judged as (
    select
        summed.*,
        settings.is_renormalised,
        case
            when summed.scored_count = 0 then 'no_component'
            when summed.scored_count < summed.component_count and not settings.is_renormalised
                then 'missing_component'
        end as score_reason
    from summed
    cross join settings
),

final as (
    select
        person_id,
        person_name,
        manager_id,
        period_type,
        period_start,
        period_end,
        period_label,
        period_end <= {{ as_of() }} as is_closed,
        component_count,
        scored_count,
        cast(scored_weight as double) as scored_weight_rate,
        missing_components,
        is_renormalised and scored_count < component_count as is_renormalised,
        case
            when score_reason is null then round({{ ratio('weighted_score', 'scored_weight') }}, 4)
        end as score,
        score_reason,
        {{ rules_version() }} as rules_version
    from judged
)

select * from final
