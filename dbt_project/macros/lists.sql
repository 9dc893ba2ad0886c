{# Whether a list column of the rules (kept as |a|b|) holds a value. #}
{% macro list_contains(list, value) -%}
    ({{ list }} like concat('%|', {{ value }}, '|%'))
{%- endmacro %}

{# Different texts of a group in one cell, in order. #}
{% macro different_texts(column) -%}
    {{ return(adapter.dispatch('different_texts', 'gapwise')(column)) }}
{%- endmacro %}

{% macro default__different_texts(column) -%}
    string_agg(distinct {{ column }}, '; ' order by {{ column }})
{%- endmacro %}

{% macro spark__different_texts(column) -%}
    nullif(array_join(array_sort(collect_set({{ column }})), '; '), '')
{%- endmacro %}
