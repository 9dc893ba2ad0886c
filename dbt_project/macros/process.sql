{# The process sheets turned into SQL while a model is compiled for the night. #}

{# The steps of the lead SOP in force, in order: [{step, within_hours, kinds, after, clock}]. #}
{% macro sop_steps() -%}
    {%- set found = [] -%}
    {%- if execute -%}
        {%- for row in run_query(
            'select sop.* from ' ~ source('rules', 'lead_sop') ~ ' as sop inner join ' ~ source('rules', 'lead_sop_settings')
            ~ ' as settings on sop.template = settings.template_in_force order by sop.step_order'
        ).rows -%}
            {%- do found.append({
                'step': row['step'], 'within_hours': row['within_hours'], 'clock': row['clock'],
                'kinds': row['accepted_kinds'].strip('|').split('|'), 'after': row['only_after_step'],
            }) -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(found) }}
{%- endmacro %}

{# Texts of a group in one cell, in an order; NULL where there are none. #}
{% macro joined_texts(expression, order_by) -%}
    {{ return(adapter.dispatch('joined_texts', 'gapwise')(expression, order_by)) }}
{%- endmacro %}

{% macro default__joined_texts(expression, order_by) -%}
    string_agg({{ expression }}, ', ' order by {{ order_by }})
{%- endmacro %}

{% macro spark__joined_texts(expression, order_by) -%}
    nullif(listagg({{ expression }}, ', ') within group (order by {{ order_by }}), '')
{%- endmacro %}

{# Minutes to the second, so that a sum of parts reads the same on every run. #}
{% macro minutes_rounded(expression) -%}
    round(cast({{ expression }} as double), 4)
{%- endmacro %}

{# The value below which a share of a group lies, between its neighbours in proportion. #}
{% macro quantile(expression, share) -%}
    {{ return(adapter.dispatch('quantile', 'gapwise')(expression, share)) }}
{%- endmacro %}

{% macro default__quantile(expression, share) -%}
    quantile_cont(cast({{ expression }} as double), {{ share }})
{%- endmacro %}

{% macro spark__quantile(expression, share) -%}
    percentile(cast({{ expression }} as double), {{ share }})
{%- endmacro %}
