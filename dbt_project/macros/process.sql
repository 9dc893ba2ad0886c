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

{# The control points with their checks: [{control_point, entity, kind, asked: [tests], scope: [tests]}]. #}
{% macro control_point_list() -%}
    {%- set found = [] -%}
    {%- if execute -%}
        {%- set tests = {} -%}
        {%- for row in run_query(
            'select * from ' ~ source('rules', 'control_point_test') ~ ' order by control_point, condition_no, value_no'
        ).rows -%}
            {%- set conditions = tests.setdefault(row['control_point'], {}) -%}
            {%- set test = conditions.setdefault(row['condition_no'], {
                'is_scope': row['is_scope'], 'column': row['column_name'], 'kind': row['column_kind'],
                'operator': row['operator'], 'values': [],
            }) -%}
            {%- do test['values'].append(row['value']) -%}
        {%- endfor -%}
        {%- for row in run_query(
            'select * from ' ~ source('rules', 'control_points') ~ ' order by control_point'
        ).rows -%}
            {%- set own = tests.get(row['control_point'], {}).values() | list -%}
            {%- do found.append({
                'control_point': row['control_point'], 'entity': row['entity'], 'kind': row['kind'],
                'asked': own | rejectattr('is_scope') | list, 'scope': own | selectattr('is_scope') | list,
            }) -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(found) }}
{%- endmacro %}

{# Who answers for a record of an entity, and when it counts: as handed over, so that no join is needed. #}
{% macro control_records(entity) -%}
    {{ return({
        'activities': {'key': 'activity_id', 'person': 'person_id', 'on': 'occurred_on', 'at': 'occurred_at', 'entered': 'entered_at'},
        'leads': {'key': 'lead_id', 'person': 'owner_id', 'on': 'created_on', 'at': 'created_at', 'entered': 'created_at'},
        'opportunities': {'key': 'opportunity_id', 'person': 'owner_id', 'on': 'created_on', 'at': 'created_at', 'entered': 'created_at'},
        'orders': {'key': 'order_id', 'person': 'person_id', 'on': 'signed_on', 'at': 'signed_on', 'entered': 'signed_on'},
        'accounts': {'key': 'account_id', 'person': 'owner_id', 'on': 'created_on', 'at': 'created_at', 'entered': 'created_at'},
    }[entity]) }}
{%- endmacro %}

{# The records that one control point checks, each with the answer. #}
{% macro control_checks(point) -%}
    {%- set names = control_records(point.entity) -%}
    {%- set relation = source('landed', point.entity) -%}
    {%- set columns = namespace(
        facts=[], records=adapter.get_columns_in_relation(relation) | map(attribute='name') | list,
    ) -%}
    select
        {{ text_literal(point.control_point) }} as control_point,
        {{ text_literal(point.kind) }} as kind,
        {{ text_literal(point.entity) }} as entity,
        coalesce(records.{{ names.key }}, records.source_row) as record_id,
        coalesce(records.{{ names.person }}, 'unknown') as person_id,
        records.{{ names.on }} as record_on,
        cast(records.{{ names.at }} as timestamp) as record_at,
        cast(records.{{ names.entered }} as timestamp) as entered_at,
        records.source,
        records.source_row,
        coalesce(
            {%- for test in point.asked %}
            {{ metric_condition(test, point.entity, columns) }}{{ ' and' if not loop.last }}
            {%- endfor %},
            false
        ) as is_passed
    from {{ relation }} as records
    where
        records.{{ names.on }} <= {{ as_of() }}
        {%- for test in point.scope %}
        and {{ metric_condition(test, point.entity, columns) }}
        {%- endfor %}
{%- endmacro %}

{# What is left of a text without spaces, punctuation and capitals: a stop phrase is one with a full stop as well. #}
{% macro bare_words(content) -%}
    translate(lower({{ content }}), ' 　。．.，,！!？?；;：:、…~～—-', '')
{%- endmacro %}
