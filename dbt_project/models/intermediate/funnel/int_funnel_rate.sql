-- Grain: one row per pipeline, stage, cohort period, scope and source with at least ten under
-- observation
-- Aalen–Johansen cumulative incidence of advancing, lost as the competing event, at 30, 60 and 90
-- workdays.
{% set names = [
    'pipeline', 'stage', 'scope_type', 'scope_id', 'lead_source', 'cohort_type', 'period_start'
] %}
{% set keys = ['cohort_no'] %}
{% set cell = keys | join(', ') %}
with

cohorts as (
    select * from {{ ref('int_funnel_cohort') }}
),

steps as (
    select
        cohort_no, elapsed_workdays, entered_count, advanced_count as event_count,
        lost_count as rival_count, censored_count
    from {{ ref('int_funnel_step') }}
),

{{ aalen_johansen('aj', 'steps', keys) }},

at_risk as (
    select
        {{ cell }}
        {%- for h in (30, 60, 90) %},
        sum(case
            when elapsed_workdays < {{ h }}
                then entered_count - event_count - rival_count - censored_count
            else 0
        end) as n_at_risk_{{ h }}
    {%- endfor %}
    from steps
    group by {{ cell }}
),

reached as (
    select
        {{ cell }}
        {%- for h in (30, 60, 90) %},
        max(case when elapsed_workdays <= {{ h }} then incidence end) as incidence_{{ h }}
    {%- endfor %}
    from aj_incidence
    group by {{ cell }}
),

spread as (
    select
        {% for key in keys %}curve.{{ key }}, {% endfor %}
    {% for h in (30, 60, 90) -%}
    sum({{ exact('case when curve.elapsed_workdays <= ' ~ h ~ ' then'
            ~ ' (reached.incidence_' ~ h ~ ' - curve.incidence)'
            ~ ' * (reached.incidence_' ~ h ~ ' - curve.incidence) * curve.greenwood'
            ~ ' + curve.binomial - 2 * (reached.incidence_' ~ h ~ ' - curve.incidence)'
            ~ ' * curve.covariance else 0 end') }})
        as variance_{{ h }}{{ "," if not loop.last }}
    {% endfor %}
    from aj_incidence as curve
    inner join reached
        on
            {% for key in keys %}
            curve.{{ key }} = reached.{{ key }}{{ " and " if not loop.last }}
            {% endfor %}
    group by {% for key in keys %}curve.{{ key }}{{ ", " if not loop.last }}{% endfor %}
),

final as (
    select
        {% for name in names %}cohorts.{{ name }},
        {% endfor %}
        cohorts.cohort_count
        {%- for h in (30, 60, 90) %},
        at_risk.n_at_risk_{{ h }},
        cohorts.n_observed_{{ h }},
        -- Nothing is said beyond the time to which ten deals were followed (at risk still, or known
        -- to have advanced or been lost): a cohort that is all decided is known best, though nobody
        -- is left at risk. To twelve digits: a sum that should be 1 and lacks a hair of it would be
        -- given an interval of its own.
        case
            when cohorts.n_observed_{{ h }} >= 10 then {{ rate('reached.incidence_' ~ h) }}
        end as rate_{{ h }},
        cast(spread.variance_{{ h }} as double) as variance_{{ h }}
    {%- endfor %}
    from cohorts
    inner join at_risk on cohorts.cohort_no = at_risk.cohort_no
    inner join reached
        on
            {% for key in keys %}
            at_risk.{{ key }} = reached.{{ key }}{{ " and " if not loop.last }}
            {% endfor %}
    inner join spread
        on
            {% for key in keys %}
            at_risk.{{ key }} = spread.{{ key }}{{ " and " if not loop.last }}
            {% endfor %}
)

select * from final
