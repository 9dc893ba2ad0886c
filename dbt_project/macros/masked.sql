{# Personal data in marts: enough to recognise one's own, too little to use. The full value stays in the restricted schema. #}
{% macro masked(column) -%}
    case
        when {{ column }} is null then null
        when length({{ column }}) <= 4 then '****'
        else concat(substr({{ column }}, 1, 2), '****', substr({{ column }}, length({{ column }}) - 1, 2))
    end
{%- endmacro %}
