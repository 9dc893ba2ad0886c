{# D, the as-of day. Read from a one-row table, so that a new day does not make dbt parse anew. #}
{% macro as_of() -%}
    (select company.as_of from {{ source('reference', 'company') }} as company)
{%- endmacro %}
