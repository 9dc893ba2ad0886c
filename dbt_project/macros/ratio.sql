{# A ratio: NULL where its denominator is missing or zero, never infinite. The only way to divide. #}
{% macro ratio(numerator, denominator) -%}
    {{ return(adapter.dispatch('ratio', 'gapwise')(numerator, denominator)) }}
{%- endmacro %}

{% macro default__ratio(numerator, denominator) -%}
    (cast({{ numerator }} as double) / nullif(cast({{ denominator }} as double), 0))
{%- endmacro %}

{# Money in marts: rounded once, after summing. #}
{% macro money(expression) -%}
    cast(round({{ expression }}, 2) as decimal(18, 2))
{%- endmacro %}
