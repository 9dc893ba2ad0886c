{# Days from one date to another: dialects differ in name, order and quoting. #}
{% macro days_between(first, last) -%}
    {{ return(adapter.dispatch('days_between', 'gapwise')(first, last)) }}
{%- endmacro %}

{% macro default__days_between(first, last) -%}
    datediff('day', {{ first }}, {{ last }})
{%- endmacro %}

{% macro spark__days_between(first, last) -%}
    datediff({{ last }}, {{ first }})
{%- endmacro %}

{# A date n months earlier, clamped to the end of a shorter month. #}
{% macro months_before(day, months) -%}
    {{ return(adapter.dispatch('months_before', 'gapwise')(day, months)) }}
{%- endmacro %}

{% macro default__months_before(day, months) -%}
    cast({{ day }} - interval '{{ months }}' month as date)
{%- endmacro %}

{% macro spark__months_before(day, months) -%}
    add_months({{ day }}, -{{ months }})
{%- endmacro %}

{% macro days_after(day, days) -%}
    {{ return(adapter.dispatch('days_after', 'gapwise')(day, days)) }}
{%- endmacro %}

{% macro default__days_after(day, days) -%}
    cast({{ day }} + cast({{ days }} as integer) as date)
{%- endmacro %}

{% macro spark__days_after(day, days) -%}
    date_add({{ day }}, cast({{ days }} as int))
{%- endmacro %}

{# A date n months later, clamped to the end of a shorter month. #}
{% macro months_after(day, months) -%}
    {{ return(adapter.dispatch('months_after', 'gapwise')(day, months)) }}
{%- endmacro %}

{% macro default__months_after(day, months) -%}
    cast({{ day }} + interval '{{ months }}' month as date)
{%- endmacro %}

{% macro spark__months_after(day, months) -%}
    add_months({{ day }}, {{ months }})
{%- endmacro %}

{# The same where the number of months stands in a column. #}
{% macro months_after_column(day, months) -%}
    {{ return(adapter.dispatch('months_after_column', 'gapwise')(day, months)) }}
{%- endmacro %}

{% macro default__months_after_column(day, months) -%}
    cast({{ day }} + to_months(cast({{ months }} as integer)) as date)
{%- endmacro %}

{% macro spark__months_after_column(day, months) -%}
    add_months({{ day }}, cast({{ months }} as int))
{%- endmacro %}

{# The first day whose n months before, exclusive, no longer hold a day: 31 August leaves the last six months on 1 March,
   for six months before 28 February is 28 August. months: a number or a column. #}
{% macro leaves_window_on(day, months) -%}
    {%- set later = months_after_column(day, months) -%}
    case
        when {{ months_after_column('(' ~ later ~ ')', '-' ~ months) }} < {{ day }} then {{ days_after('(' ~ later ~ ')', 1) }}
        else {{ later }}
    end
{%- endmacro %}
