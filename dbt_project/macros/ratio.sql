{# A ratio: NULL where its denominator is missing or zero, never infinite. The only way to divide. #}
{% macro ratio(numerator, denominator) -%}
    {{ return(adapter.dispatch('ratio', 'gapwise')(numerator, denominator)) }}
{%- endmacro %}

{% macro default__ratio(numerator, denominator) -%}
    (cast({{ numerator }} as double) / nullif(cast({{ denominator }} as double), 0))
{%- endmacro %}

{# Money in marts: rounded once, after summing. #}
{% macro money(expression) -%}
    {{ return(adapter.dispatch('money', 'gapwise')(expression)) }}
{%- endmacro %}

{% macro default__money(expression) -%}
    cast(round({{ expression }}, 2) as decimal(18, 2))
{%- endmacro %}

{# DuckDB rounds a double by its hundredfold, Spark by how it is written: 9659.30 / 4 is 2414.82 for the one and
   2414.83 for the other. The hundredfold says the same to both, of doubles and of decimals. #}
{% macro spark__money(expression) -%}
    cast(round(({{ expression }}) * 100, 0) * 0.01 as decimal(18, 2))
{%- endmacro %}
