{# The finest cell that figures are kept in: who was credited, where that person stood, and what was sold to whom. #}
{% macro leaf_columns() -%}
    {{ return(['person_id', 'org_path', 'team', 'region', 'product_line', 'customer_type', 'tier']) }}
{%- endmacro %}

{% macro leaf_id(relation) -%}
    concat_ws('|'{% for column in leaf_columns() %}, {{ relation }}.{{ column }}{% endfor %})
{%- endmacro %}
