{# Schemas are contracts (marts, staging, …): the name is taken as it is, without a target prefix. #}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ (custom_schema_name or target.schema) | trim }}
{%- endmacro %}
