{# Whether a list column holds a value. #}
{% macro list_contains(list, value) -%}
    {{ return(adapter.dispatch('list_contains', 'gapwise')(list, value)) }}
{%- endmacro %}

{% macro default__list_contains(list, value) -%}
    list_contains({{ list }}, {{ value }})
{%- endmacro %}

{% macro spark__list_contains(list, value) -%}
    array_contains({{ list }}, {{ value }})
{%- endmacro %}
