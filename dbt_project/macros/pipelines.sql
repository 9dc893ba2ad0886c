{# A pipeline that the stages sheet names; any other goes by the default one (a company with one pipeline
   need not name it), or by the first one where none is called default. The only home of this rule. #}
{% macro known_pipeline(pipeline) -%}
    case
        when {{ pipeline }} in (select stages.pipeline from {{ source('reference', 'stage') }} as stages)
            then {{ pipeline }}
        else (
            select coalesce(max(case when stages.pipeline = 'default' then stages.pipeline end), min(stages.pipeline))
            from {{ source('reference', 'stage') }} as stages
        )
    end
{%- endmacro %}
