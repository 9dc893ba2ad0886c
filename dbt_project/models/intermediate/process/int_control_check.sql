-- Grain: one row per record and control point that checks it
-- depends_on: {{ source('rules', 'control_points') }}, {{ source('rules', 'control_point_test') }}
-- depends_on: {{ source('landed', 'activities') }}, {{ source('landed', 'leads') }}
-- depends_on: {{ source('landed', 'opportunities') }}
-- depends_on: {{ source('landed', 'orders') }}, {{ source('landed', 'accounts') }}
-- An empty cell fails: what nobody wrote down cannot be shown.
with

checks as (
    {% for point in control_point_list() -%}
    {{ control_checks(point) }}
    union all
    {% endfor -%}
    select
        cast(null as {{ dbt.type_string() }}) as control_point,
        cast(null as {{ dbt.type_string() }}) as kind,
        cast(null as {{ dbt.type_string() }}) as entity,
        cast(null as {{ dbt.type_string() }}) as record_id,
        cast(null as {{ dbt.type_string() }}) as person_id,
        cast(null as date) as record_on,
        cast(null as timestamp) as record_at,
        cast(null as timestamp) as entered_at,
        cast(null as {{ dbt.type_string() }}) as source,
        cast(null as {{ dbt.type_string() }}) as source_row,
        cast(null as boolean) as is_passed
    where false
)

select * from checks
