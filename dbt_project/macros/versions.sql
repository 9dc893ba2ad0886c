{# How a version of the plan is named: its number and the day on which it was recorded. #}
{% macro version_label(relation) -%}
    concat('v', cast({{ relation }}.version_no as {{ dbt.type_string() }}), ' ', cast({{ relation }}.recorded_on as {{ dbt.type_string() }}))
{%- endmacro %}

{# Whether a version holds on a day: from the first day of its run to before the next one's. #}
{% macro is_valid_on(relation, day) -%}
    {{ day }} >= {{ relation }}.valid_from and {{ day }} < {{ relation }}.valid_before
{%- endmacro %}
