{# How far an actual lags behind what was due. Rounded to twelve digits: 85 of 100 is 0.15, not a hair more. #}
{% macro lag_rate(actual, target_to_date) -%}
    round(1 - {{ ratio(actual, target_to_date) }}, 12)
{%- endmacro %}

{# Whether a figure is behind on a day: small counts by their odds, all others by percentage; never early on. #}
{% macro is_behind(actual, target_to_date, actual_count, due_count, gone_rate, thresholds) -%}
    (
        {{ gone_rate }} >= {{ thresholds }}.grace_elapsed_rate
        and case
            when {{ due_count }} < 5 and {{ gone_rate }} < 1
                then {{ poisson_at_most(actual_count, due_count) }} < 0.05
            else {{ lag_rate(actual, target_to_date) }} > {{ thresholds }}.behind_lag_rate
        end
    )
{%- endmacro %}
