{# Whether somebody still has to work on a lead: neither turned into a customer or an opportunity nor given up. #}
{% macro is_open_lead(lead) -%}
    {{ lead }}.converted_account_id is null and {{ lead }}.converted_opportunity_id is null
    and coalesce(lower({{ lead }}.status), '') not in ('converted', 'invalid', 'closed', 'lost')
{%- endmacro %}
