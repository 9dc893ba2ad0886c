{# The version of the rules workbook that made tonight's rows; dim_rules_version says who saved it and when. #}
{% macro rules_version() -%}
    (select company.rules_version from {{ source('reference', 'company') }} as company)
{%- endmacro %}
