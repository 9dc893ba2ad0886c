-- Grain: one row per source, entity and column that the company could fill
{% set entities = [
    'people', 'org_units', 'person_assignments', 'accounts', 'contacts', 'leads', 'opportunities',
    'stage_events', 'activities', 'quotes', 'orders', 'credit_splits', 'receivables', 'payments',
    'satisfaction', 'tasks', 'progress', 'audit_scores', 'fx_rates', 'market',
] %}
{# What landing adds to the columns that were handed over. #}
{% set added = [
    'source', 'source_kind', 'source_row', 'landed_at', 'landed_on', 'is_reconstructed', 'extra'
] %}
with

settings as (
    select * from {{ source('rules', 'process_targets_settings') }}
),

{% for entity in entities -%}
{%- set relation = source('landed', entity) -%}
{%- set relation_columns = adapter.get_columns_in_relation(relation) if execute else [] -%}
{%- set found = relation_columns | map(attribute='name') | list -%}
{%- set columns = [] -%}
{%- for column in found if column not in added -%}
{%- if not (column.endswith('_on') and (column[:-3] ~ '_at') in found) -%}
{%- do columns.append(column) -%}
{%- endif -%}
{%- endfor %}
{{ entity }}_counts as (
    select
        source,
        count(*) as record_count
    {%- for column in columns %},
        count({{ adapter.quote(column) }}) as {{ adapter.quote(column) }}
        {%- endfor %}
    from {{ relation }}
    group by source
),

{{ entity }}_fields as (
    {%- for column in columns %}
    select '{{ column }}' as field
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- else %}
    select cast(null as {{ dbt.type_string() }}) as field where false
    {%- endfor %}
),

{{ entity }}_filled as (
    select
        {{ entity }}_counts.source,
        '{{ entity }}' as entity,
        {{ entity }}_fields.field,
        {{ entity }}_counts.record_count,
        case {{ entity }}_fields.field
            {%- for column in columns %}
            when '{{ column }}' then {{ entity }}_counts.{{ adapter.quote(column) }}
            {%- endfor %}
            {%- if not columns %} when '' then 0{% endif %}
        end as filled_count
    from {{ entity }}_counts
    cross join {{ entity }}_fields
),

{% endfor -%}
every_field as (
    {%- for entity in entities %}
    select * from {{ entity }}_filled
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

final as (
    select
        every_field.source,
        every_field.entity,
        every_field.field,
        every_field.record_count,
        every_field.filled_count,
        {{ ratio('every_field.filled_count', 'every_field.record_count') }} as fill_rate,
        every_field.filled_count = 0 as is_never_filled,
        {{ ratio('every_field.filled_count', 'every_field.record_count') }}
        < settings.rarely_filled_rate
            as is_rarely_filled,
        {{ rules_version() }} as rules_version
    from every_field
    cross join settings
)

select * from final
