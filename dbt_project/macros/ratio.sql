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

{% macro spark__money(expression) -%}
    {{ spark__fixed(expression, 2) }}
{%- endmacro %}

{# Money that was added exactly (macro exact): a decimal, which engines round alike; its hundredfold has more digits
   than there is room for. #}
{% macro exact_money(expression) -%}
    cast(round({{ expression }}, 2) as decimal(18, 2))
{%- endmacro %}

{# A double as a decimal of so many places: a product or quotient that is neither money nor a rate. #}
{% macro fixed(expression, places) -%}
    {{ return(adapter.dispatch('fixed', 'gapwise')(expression, places)) }}
{%- endmacro %}

{% macro default__fixed(expression, places) -%}
    cast({{ expression }} as decimal(18, {{ places }}))
{%- endmacro %}

{# DuckDB rounds a double by its hundredfold, Spark by how it is written: 9659.30 / 4 is 2414.82 for the one and
   2414.83 for the other. The hundredfold says the same to both, of doubles and of decimals. #}
{% macro spark__fixed(expression, places) -%}
    cast(round(({{ expression }}) * 1{{ '0' * places }}, 0) * 0.{{ '0' * (places - 1) }}1 as decimal(18, {{ places }}))
{%- endmacro %}
