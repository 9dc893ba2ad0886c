-- Grain: one row per pipeline, stage, cohort period, scope and source with at least ten under
-- observation
-- Aalen–Johansen cumulative incidence of advancing, lost as the competing event, at 30, 60 and 90
-- workdays. cohort_no stands for the seven columns that name a cohort: one number is sorted and
-- joined, not seven texts.
{% set names = [
    'pipeline', 'stage', 'scope_type', 'scope_id', 'lead_source', 'cohort_type', 'period_start'
] %}
{% set keys = ['cohort_no'] %}
{% set cell = keys | join(', ') %}
with

funnel_steps as (
    select * from {{ ref('int_funnel_step') }}
),

-- Narrow: this is what is sorted.
steps as (
    select
        {{ cell }},
        elapsed_workdays,
        cast(entered_count as integer) as entered_count,
        cast(advanced_count as integer) as event_count,
        cast(lost_count as integer) as rival_count,
        cast(censored_count as integer) as censored_count
    from funnel_steps
),

{{ aalen_johansen('aj', 'steps', keys) }},

at_risk as (
    select
        {{ cell }},
        {% for name in names %}max({{ name }}) as {{ name }},
        {% endfor %}
        sum(entered_count) as cohort_count
        {%- for h in (30, 60, 90) %},
        sum(observed_{{ h }}_count) as n_observed_{{ h }},
        sum(case
            when elapsed_workdays < {{ h }}
                then entered_count - advanced_count - lost_count - censored_count
            else 0
        end) as n_at_risk_{{ h }}
    {%- endfor %}
    from funnel_steps
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
        {% for name in names %}at_risk.{{ name }},
        {% endfor %}
        at_risk.cohort_count
        {%- for h in (30, 60, 90) %},
        at_risk.n_at_risk_{{ h }},
        at_risk.n_observed_{{ h }},
        -- Nothing is said beyond the time to which ten deals were followed (at risk still, or known
        -- to have advanced or been lost): a cohort that is all decided is known best, though nobody
        -- is left at risk. To twelve digits: a sum that should be 1 and lacks a hair of it would be
        -- given an interval of its own.
        case
            when at_risk.n_observed_{{ h }} >= 10 then {{ rate('reached.incidence_' ~ h) }}
        end as rate_{{ h }},
        cast(spread.variance_{{ h }} as double) as variance_{{ h }}
    {%- endfor %}
    from at_risk
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
