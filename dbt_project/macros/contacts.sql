{# What the last contacts of a group were: the last that counts and by whom, the last of any kind, and
   the plan of the last record (whatever was recorded later has taken its place). Of two at the same minute the one
   with the later id, so that every run and engine says the same. Read from columns
   occurred_on, occurred_at, activity_id, person_id, kind, next_step_on. #}
{% macro last_contact(is_counted) -%}
    max(case when {{ is_counted }} then occurred_on end) as last_contact_on,
        max_by(person_id, case when {{ is_counted }} then {{ moment_of_record() }} end) as last_contact_by,
        max(occurred_on) as last_any_contact_on,
        max_by(kind, {{ moment_of_record() }}) as last_any_kind,
        nullif(
            max_by(coalesce(next_step_on, cast('9999-12-31' as date)), {{ moment_of_record() }}),
            cast('9999-12-31' as date)
        ) as next_step_on
{%- endmacro %}

{# When a record was made, told apart from others of the same minute. #}
{% macro moment_of_record() -%}
    {{ return(adapter.dispatch('moment_of_record', 'gapwise')()) }}
{%- endmacro %}

{% macro default__moment_of_record() -%}
    row(occurred_at, activity_id)
{%- endmacro %}

{% macro spark__moment_of_record() -%}
    struct(occurred_at, activity_id)
{%- endmacro %}
