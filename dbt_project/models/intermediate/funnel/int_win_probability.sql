-- Grain: one row per pipeline, stage and workdays since entry at which something happened
-- Probability of winning yet, for a deal still open at that age in that stage: from the data, never a typed
-- ladder. (incidence at the end − incidence at the age) ÷ share still open at the age; lost competes.
{% set keys = ['pipeline', 'stage'] %}
with

entries as (
    select * from {{ ref('int_funnel_entry') }}
    where has_history and end_workdays > risk_from_workdays
),

moments as (
    select
        pipeline, stage, risk_from_workdays as elapsed_workdays,
        1 as entered_count, 0 as event_count, 0 as rival_count, 0 as censored_count
    from entries
    union all
    select
        pipeline, stage, end_workdays as elapsed_workdays, 0 as entered_count,
        case when end_result = 'won' then 1 else 0 end as event_count,
        case when end_result = 'lost' then 1 else 0 end as rival_count,
        case when end_result = 'open' then 1 else 0 end as censored_count
    from entries
),

steps as (
    select
        pipeline, stage, elapsed_workdays, sum(entered_count) as entered_count, sum(event_count) as event_count,
        sum(rival_count) as rival_count, sum(censored_count) as censored_count
    from moments
    group by pipeline, stage, elapsed_workdays
),

{{ aalen_johansen('aj', 'steps', keys) }},

lasting as (
    select
        aj_incidence.*,
        max(incidence) over (partition by pipeline, stage) as last_incidence,
        survival * (1 - coalesce({{ ratio('any_count', 'n_at_risk') }}, 0)) as share_open
    from aj_incidence
),

final as (
    select
        pipeline,
        stage,
        elapsed_workdays,
        n_at_risk,
        {{ rate('least(' ~ ratio('last_incidence - incidence', 'share_open') ~ ', 1)') }} as win_probability_rate
    from lasting
)

select * from final
-- Under ten at risk the curve says nothing of its own; older deals go by the last age it speaks of.
where n_at_risk >= 10 and win_probability_rate is not null
