-- Grain: one row per pipeline, stage and workdays in it at which something happened
-- Probability of winning yet, for a deal that still stands in the stage at that age: from the data,
-- never a typed ladder. Chance of advancing yet (lost competes), times the share won of those that
-- advance.
{% set keys = ['pipeline', 'stage'] %}
with

entries as (
    select * from {{ ref('int_funnel_entry') }} where has_history
),

{% for name, result, elapsed, event in [
    ('advance', 'result', 'elapsed_workdays', 'advanced'),
    ('win', 'end_result', 'end_workdays', 'won')
] %}
{{ name }}_moments as (
    select
        pipeline, stage, risk_from_workdays as elapsed_workdays,
        1 as entered_count, 0 as event_count, 0 as rival_count, 0 as censored_count
    from entries
    where {{ elapsed }} > risk_from_workdays
    union all
    select
        pipeline, stage, {{ elapsed }} as elapsed_workdays, 0 as entered_count,
        case when {{ result }} = '{{ event }}' then 1 else 0 end as event_count,
        case when {{ result }} = 'lost' then 1 else 0 end as rival_count,
        case when {{ result }} = 'open' then 1 else 0 end as censored_count
    from entries
    where {{ elapsed }} > risk_from_workdays
),

{{ name }}_steps as (
    select
        pipeline,
        stage,
        elapsed_workdays,
        sum(entered_count) as entered_count,
        sum(event_count) as event_count,
        sum(rival_count) as rival_count, sum(censored_count) as censored_count
    from {{ name }}_moments
    group by pipeline, stage, elapsed_workdays
),

{{ aalen_johansen(name, name ~ '_steps', keys) }},
{% endfor %}
wins as (
    select pipeline, stage, max(incidence) as won_share
    from win_incidence
    group by pipeline, stage
),

lasting as (
    select
        advance_incidence.*,
        max(incidence) over (partition by pipeline, stage) as last_incidence,
        survival * (1 - coalesce({{ ratio('any_count', 'n_at_risk') }}, 0)) as share_staying
    from advance_incidence
),

final as (
    select
        lasting.pipeline,
        lasting.stage,
        lasting.elapsed_workdays,
        lasting.n_at_risk,
        {{ rate(
            'least(' ~ ratio('lasting.last_incidence - lasting.incidence', 'lasting.share_staying')
            ~ ', 1) * least(' ~ ratio('wins.won_share', 'lasting.last_incidence') ~ ', 1)') }}
            as win_probability_rate
    from lasting
    inner join wins on lasting.pipeline = wins.pipeline and lasting.stage = wins.stage
)

select * from final
-- Under ten at risk the curve says nothing of its own; older deals go by the last age it speaks of.
where n_at_risk >= 10 and win_probability_rate is not null
