{# The build file is written anew every night and nobody reads it meanwhile: a model is created in its
   place. The stock materializations build beside it, rename twice and drop, for readers that are not
   there; on a project of some hundred models that is half of dbt's own time. #}
{% materialization table, adapter='duckdb' %}
    {%- set target = this.incorporate(type='table') -%}
    {{ run_hooks(pre_hooks) }}
    {% call statement('main') -%}
        {{ dropped_relation(load_cached_relation(this)) }}
        {{ create_table_as(False, target, compiled_code) }}
    {%- endcall %}
    {{ run_hooks(post_hooks) }}
    {{ adapter.commit() }}
    {{ return({'relations': [target]}) }}
{% endmaterialization %}

{% materialization view, adapter='duckdb' %}
    {%- set target = this.incorporate(type='view') -%}
    {{ run_hooks(pre_hooks) }}
    {% call statement('main') -%}
        {{ dropped_relation(load_cached_relation(this)) }}
        {{ create_view_as(target, compiled_code) }}
    {%- endcall %}
    {{ run_hooks(post_hooks) }}
    {{ adapter.commit() }}
    {{ return({'relations': [target]}) }}
{% endmaterialization %}

{# The same on Spark, where nothing but Parquet files is written and a night begins with an empty catalog.
   A contract's types are given, not compared: a row number is an int here and a bigint there. DuckDB, on
   which every model is built first, compares. #}
{% materialization table, adapter='spark' %}
    {{ run_hooks(pre_hooks) }}
    {% call statement('dropped') -%}
        drop table if exists {{ this }}
    {%- endcall %}
    {% call statement('main') -%}
        create table {{ this }} using parquet as
        {%- if config.get('contract').enforced %}
        select
            {%- for column in model.columns.values() %}
            cast({{ adapter.quote(column.name) }} as {{ column.data_type }}) as {{ adapter.quote(column.name) }}
            {{- ',' if not loop.last }}
            {%- endfor %}
        from (
            {{ compiled_code }}
        ) as built
        {%- else %}
        {{ compiled_code }}
        {%- endif %}
    {%- endcall %}
    {{ run_hooks(post_hooks) }}
    {{ return({'relations': [this.incorporate(type='table')]}) }}
{% endmaterialization %}

{# SQL that removes what stands in a model's place, be it a table or a view. #}
{% macro dropped_relation(relation) -%}
    {%- if relation is not none -%}
        drop {{ relation.type }} if exists {{ relation }};
    {%- endif -%}
{%- endmacro %}
