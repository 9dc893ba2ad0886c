{# What the last contacts of a group were: the last that counts and by whom, the last of any kind, and
   the plan of the last record (whatever was recorded later has taken its place). Of several at one moment, as
   in exports that know days only, the one with the highest id. Read from columns occurred_on, occurred_at,
   activity_id, person_id, kind, next_step_on. #}
{% macro last_contact(is_counted) -%}
    {%- set moment = "concat(cast(occurred_at as " ~ dbt.type_string() ~ "), ' ', activity_id)" %}
    max(case when {{ is_counted }} then occurred_on end) as last_contact_on,
        max_by(person_id, case when {{ is_counted }} then {{ moment }} end) as last_contact_by,
        max(occurred_on) as last_any_contact_on,
        max_by(kind, {{ moment }}) as last_any_kind,
        nullif(
            max_by(coalesce(next_step_on, cast('9999-12-31' as date)), {{ moment }}),
            cast('9999-12-31' as date)
        ) as next_step_on
{%- endmacro %}
