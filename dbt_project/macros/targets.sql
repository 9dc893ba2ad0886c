{# What names one figure of the plan: two target rows that agree in these say two things about the same. #}
{% macro target_figure() -%}
    {{ return([
        'metric', 'level', 'scenario', 'product_line', 'customer_type', 'holder_kind', 'holder_id', 'start_on', 'end_on',
    ]) }}
{%- endmacro %}
