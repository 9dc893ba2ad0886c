{# P(X ≤ n) of a Poisson variable with a mean under 5; beyond 40 it is 1 to the last digit. #}
{% macro poisson_at_most(count, mean) -%}
    (
        case
            when {{ count }} < 0 then 0
            else exp(-cast({{ mean }} as double)) * (
                1
                {%- set terms = namespace(factorial=1.0) %}
                {%- for k in range(1, 41) %}
                {%- set terms.factorial = terms.factorial * k %}
                + case when {{ count }} >= {{ k }} then power(cast({{ mean }} as double), {{ k }}) / {{ terms.factorial }} else 0 end
                {%- endfor %}
            )
        end
    )
{%- endmacro %}
