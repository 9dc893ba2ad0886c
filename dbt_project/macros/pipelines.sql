{# A pipeline that the stages sheet names; any other goes by the default one (a company with one pipeline
   need not name it). #}
{% macro known_pipeline(pipeline) -%}
    case
        when {{ pipeline }} in (select stages.pipeline from {{ source('reference', 'stage') }} as stages)
            then {{ pipeline }}
        else 'default'
    end
{%- endmacro %}
