{# What the last contacts of a group were: the last that counts and by whom, the last of any kind, and
   the plan of the last record (whatever was recorded later has taken its place). Read from columns
   occurred_on, occurred_at, person_id, kind, next_step_on. #}
{% macro last_contact(is_counted) -%}
    max(case when {{ is_counted }} then occurred_on end) as last_contact_on,
        max_by(person_id, case when {{ is_counted }} then occurred_at end) as last_contact_by,
        max(occurred_on) as last_any_contact_on,
        max_by(kind, occurred_at) as last_any_kind,
        nullif(
            max_by(coalesce(next_step_on, cast('9999-12-31' as date)), occurred_at),
            cast('9999-12-31' as date)
        ) as next_step_on
{%- endmacro %}
