{# How a version of the plan is named: its number and the day on which it was recorded. #}
{% macro version_label(relation) -%}
    concat('v', cast({{ relation }}.version_no as {{ dbt.type_string() }}), ' ', cast({{ relation }}.recorded_on as {{ dbt.type_string() }}))
{%- endmacro %}
