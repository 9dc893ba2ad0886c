{# Whether a list column of the rules (kept as |a|b|) holds a value. #}
{% macro list_contains(list, value) -%}
    ({{ list }} like concat('%|', {{ value }}, '|%'))
{%- endmacro %}
