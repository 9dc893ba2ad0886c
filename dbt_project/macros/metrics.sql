{# The metrics sheet turned into SQL while a model is compiled for the night: columns are quoted names that
   the relation really has (any other is read from the company's own columns), values are literals. #}

{# What the sheet asks to be computed: one dictionary per metric, with its conditions. #}
{% macro metric_formulas(is_additive) -%}
    {%- set found = [] -%}
    {%- if execute -%}
        {%- set conditions = {} -%}
        {%- for row in run_query(
            'select * from ' ~ source('rules', 'metric_condition') ~ ' order by metric, condition_no, value_no'
        ).rows -%}
            {%- set tests = conditions.setdefault(row['metric'], {}) -%}
            {%- set test = tests.setdefault(row['condition_no'], {
                'column': row['column_name'], 'kind': row['column_kind'], 'operator': row['operator'], 'values': [],
            }) -%}
            {%- do test['values'].append(row['value']) -%}
        {%- endfor -%}
        {%- for row in run_query(
            'select * from ' ~ source('rules', 'metric_formula') ~ ' order by metric'
        ).rows if row['is_additive'] == is_additive -%}
            {%- do found.append(dict(row.dict(), conditions=conditions.get(row['metric'], {}).values() | list)) -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(found) }}
{%- endmacro %}

{# Where the records of an entity stand with their credit: the fact, else the small ones together. #}
{% macro metric_facts(entity) -%}
    {{ return({
        'activities': ref('fct_activity'),
        'opportunities': ref('fct_opportunity'),
        'leads': ref('fct_lead'),
        'quotes': ref('fct_quote'),
        'orders': ref('fct_booking'),
        'payments': ref('fct_collection'),
    }.get(entity, ref('int_credited_record'))) }}
{%- endmacro %}

{% macro text_literal(text) -%}
    {{ return(adapter.dispatch('text_literal', 'gapwise')(text)) }}
{%- endmacro %}

{% macro default__text_literal(text) -%}
    '{{ text | replace("'", "''") }}'
{%- endmacro %}

{% macro spark__text_literal(text) -%}
    '{{ text | replace("\\", "\\\\") | replace("'", "\\'") }}'
{%- endmacro %}

{# A column of the company's own, by its header. #}
{% macro own_column(relation, header) -%}
    {{ return(adapter.dispatch('own_column', 'gapwise')(relation, header)) }}
{%- endmacro %}

{% macro default__own_column(relation, header) -%}
    json_extract_string({{ relation }}.extra, {{ text_literal('/' ~ (header | replace('~', '~0') | replace('/', '~1'))) }})
{%- endmacro %}

{% macro spark__own_column(relation, header) -%}
    try_element_at(from_json({{ relation }}.extra, 'map<string,string>'), {{ text_literal(header) }})
{%- endmacro %}

{# A column of one record. The ledger holds parts and differences: the whole amount is the record's own.
   columns: what the fact and the landed table have, as {facts: […], records: […]}. #}
{% macro metric_column(name, kind, entity, columns) -%}
    {%- set shown = (name[:-3] ~ '_on') if kind == 'timestamp' and name.endswith('_at') else name -%}
    {%- set is_ledger = entity in ['orders', 'payments'] -%}
    {%- if name == 'account_id' and 'customer_id' in columns.facts -%}
        nullif(facts.customer_id, 'unknown')
    {%- elif shown in columns.facts and not (is_ledger and kind == 'money') -%}
        facts.{{ adapter.quote(shown) }}
    {%- elif shown in columns.records -%}
        {%- if kind == 'money' and 'fx_rate' in columns.facts -%}
            {{ wide_product('records.' ~ adapter.quote(shown), 'facts.fx_rate') }}
        {%- else -%}
            records.{{ adapter.quote(shown) }}
        {%- endif -%}
    {%- else -%}
        {{ own_column('records', name) }}
    {%- endif -%}
{%- endmacro %}

{# A cell as words to compare: small letters, and full-width characters as plain ones, as in the sheet. #}
{% macro plain_words(column, values) -%}
    {%- set text = 'lower(trim(cast(' ~ column ~ ' as ' ~ dbt.type_string() ~ ')))' -%}
    {%- if modules.re.fullmatch('[a-z_]*', values | join('')) -%}
        {{ text }}
    {%- else -%}
        {%- set wide = namespace(from='\u3000', to=' ') -%}
        {%- for code in range(33, 127) -%}
            {%- set wide.from = wide.from ~ '%c' % (code + 65248) -%}
            {%- set wide.to = wide.to ~ '%c' % code -%}
        {%- endfor -%}
        lower(trim(translate(cast({{ column }} as {{ dbt.type_string() }}), {{ text_literal(wide.from) }}, {{ text_literal(wide.to) }})))
    {%- endif -%}
{%- endmacro %}

{# Whether a record meets one condition of its metric; an empty cell meets none but "is not". #}
{% macro metric_condition(test, entity, columns) -%}
    {%- set column = metric_column(test['column'], test.kind, entity, columns) -%}
    {%- set words = plain_words(column, test['values']) -%}
    {%- set typed = namespace(left=words, values=[]) -%}
    {%- if test.kind in ['number', 'money'] -%}{%- set typed.left = column -%}{%- endif -%}
    {%- if test.kind in ['date', 'timestamp', 'boolean'] -%}{%- set typed.left = column -%}{%- endif -%}
    {%- set is_ordered = test.operator in ['>=', '<=', '>', '<'] -%}
    {%- for value in test['values'] -%}
        {%- if test.kind in ['number', 'money'] or (is_ordered and '-' not in value[1:]) -%}
            {%- do typed['values'].append('cast(' ~ text_literal(value) ~ ' as decimal(28, 6))') -%}
        {%- elif test.kind in ['date', 'timestamp'] or is_ordered -%}
            {%- do typed['values'].append('cast(' ~ text_literal(value) ~ ' as date)') -%}
        {%- elif test.kind == 'boolean' -%}
            {%- do typed['values'].append('true' if value == 'true' else 'false') -%}
        {%- else -%}
            {%- do typed['values'].append(text_literal(value | lower)) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- if is_ordered and test.kind in ['text', 'extra', 'boolean'] -%}
        {%- set plain = 'decimal(28, 6)' if 'decimal' in typed['values'][0] else 'date' -%}
        {%- set typed.left = 'try_cast(cast(' ~ column ~ ' as ' ~ dbt.type_string() ~ ') as ' ~ plain ~ ')' -%}
    {%- endif -%}
    {%- if test.operator == 'filled' -%}
        coalesce({{ words }}, '') <> ''
    {%- elif test.operator == '!=' -%}
        coalesce({{ typed.left }} <> {{ typed['values'][0] }}, true)
    {%- elif test.operator == 'one_of' -%}
        {{ typed.left }} in ({{ typed['values'] | join(', ') }})
    {%- elif test.operator in ['contains', 'all_of'] -%}
        {%- for value in test['values'] -%}
            instr({{ words }}, {{ text_literal(value | lower) }}) > 0{% if not loop.last %} and {% endif %}
        {%- endfor -%}
    {%- else -%}
        {{ typed.left }} {{ test.operator }} {{ typed['values'][0] }}
    {%- endif -%}
{%- endmacro %}

{# How often a record counts: an order line when it opens and closes, a payment once, others as they stand. #}
{% macro metric_step(entity) -%}
    {%- if entity == 'orders' -%}
        facts.effective_step
    {%- elif entity == 'payments' -%}
        case when facts.is_first_part then 1 else 0 end
    {%- else -%}
        1
    {%- endif -%}
{%- endmacro %}

{# A number of one record, as it is added up: amounts of the ledger as booked, else once per record. #}
{% macro metric_number(name, kind, entity, columns) -%}
    {%- if entity in ['orders', 'payments'] and name == 'amount' -%}
        facts.amount
    {%- else -%}
        try_cast({{ metric_column(name, kind, entity, columns) }} as decimal(28, 6)) * ({{ metric_step(entity) }})
    {%- endif -%}
{%- endmacro %}

{# Whether a metric is met for good by its first record: nothing of it is ever taken back, and once is enough. #}
{% macro is_met_for_good(formula) -%}
    {{ return(
        formula.aggregate == 'distinct' and not formula.is_additive and formula.entity not in ['orders', 'payments']
        and formula.reach_kind is none and formula.window_months is none
        and formula.reach_at_least is not none and formula.reach_at_least <= 1
    ) }}
{%- endmacro %}

{# Whether several rows of a fact may meet an object by one key on one day: parts of the ledger, days, amounts. #}
{% macro repeats_keys(formula) -%}
    {{ return(
        formula.entity in ['orders', 'payments'] or formula.reach_kind is not none or formula.aggregate == 'sum'
    ) }}
{%- endmacro %}

{# The records that one metric counts: metric, object, key, day, leaf and value.
   An object is what a distinct count tells apart; a key is what it is met by (a day or a record). #}
{% macro metric_events(formula) -%}
    {%- set entity = formula.entity -%}
    {%- set relation = metric_facts(entity) -%}
    {%- set columns = namespace(
        facts=adapter.get_columns_in_relation(relation) | map(attribute='name') | list,
        records=adapter.get_columns_in_relation(source('landed', entity)) | map(attribute='name') | list,
    ) -%}
    {%- set day = metric_column(formula.date_column, formula.date_kind, entity, columns) -%}
    {%- if entity == 'orders' and formula.date_column == 'signed_on' -%}
        {%- set day = 'facts.booked_on' -%}
    {%- elif '.extra' in day -%}
        {%- set day = 'try_cast(' ~ day ~ ' as date)' -%}
    {%- endif -%}
    {%- set record = 'facts.booking_id' if entity == 'orders' else
        ('facts.payment_id' if entity == 'payments' else "concat(facts.source, '|', facts.source_row)") -%}
    {%- set is_number = formula.reach_kind in ['number', 'money'] -%}
    {%- set counts_objects = formula.aggregate == 'distinct' and not formula.is_additive -%}
    {%- set object -%}
        {%- if counts_objects -%}
        cast({{ metric_column(formula.value_column, formula.value_kind, entity, columns) }} as {{ dbt.type_string() }})
        {%- else -%}
        cast(null as {{ dbt.type_string() }})
        {%- endif -%}
    {%- endset -%}
    {%- set body -%}
    select
        {{ text_literal(formula.metric) }} as metric,
        {{ object }} as object_id,
        {% if formula.reach_kind in ['date', 'timestamp'] -%}
        cast({{ metric_column(formula.reach_column, formula.reach_kind, entity, columns) }} as {{ dbt.type_string() }})
        {%- elif is_number or formula.aggregate == 'sum' -%}
        cast(null as {{ dbt.type_string() }})
        {%- else -%}
        {{ record }}
        {%- endif %} as record_key,
        {{ day }} as event_on,
        {%- for column in leaf_columns() %}
        facts.{{ column }},
        {%- endfor %}
        {% if formula.aggregate == 'sum' -%}
        cast({{ metric_number(formula.value_column, formula.value_kind, entity, columns) }} as decimal(28, 6))
        {%- elif is_number -%}
        cast({{ metric_number(formula.reach_column, formula.reach_kind, entity, columns) }} as decimal(28, 6))
        {%- else -%}
        cast({{ metric_step(entity) }} as decimal(28, 6))
        {%- endif %} as value
    {%- endset -%}
    {%- set origin %}
    from {% if entity == 'payments' -%}
        (
            select
                parts.*,
                row_number() over (partition by parts.payment_id order by parts.collection_id) = 1 as is_first_part
            from {{ relation }} as parts
        )
        {%- elif entity in ['accounts', 'satisfaction', 'stage_events', 'receivables', 'tasks', 'market'] -%}
        (select small.* from {{ relation }} as small where small.entity = '{{ entity }}')
        {%- else -%}
        {{ relation }}
        {%- endif %} as facts
    {%- endset -%}
    {%- set tests -%}
    where
        {{ day }} is not null
        and {{ day }} <= {{ as_of() }}
        {%- for test in formula.conditions %}
        and {{ metric_condition(test, entity, columns) }}
        {%- endfor %}
        {%- if counts_objects %}
        and coalesce({{ object }}, '') <> ''
        {%- endif %}
    {%- endset -%}
    {%- if 'records.' in body ~ tests -%}
        {%- set origin %}
    {{- origin }}
    left join {{ source('landed', entity) }} as records
        on facts.source = records.source and facts.source_row = records.source_row
        {%- endset -%}
    {%- endif -%}
    {{ body }}
    {{- origin }}
    {%- if is_met_for_good(formula) %}
    inner join
        (
            select {{ object }} as object_id, min({{ day }}) as first_on
    {{- origin }}
    {{ tests }}
            group by {{ object }}
        ) as firsts
        on {{ object }} = firsts.object_id and {{ day }} = firsts.first_on
    {%- endif %}
    {{ tests }}
{%- endmacro %}

{# What meets each object, one row per object, key, day and leaf: of millions of records that stand alone
   nothing is grouped. #}
{% macro metric_object_events(formula) -%}
    {%- if not repeats_keys(formula) -%}
    {{ metric_events(formula) }}
    {%- else -%}
    select
        events.metric, events.object_id, events.record_key, events.event_on,
        {%- for column in leaf_columns() %}
        events.{{ column }},
        {%- endfor %}
        cast(sum(events.value) as decimal(28, 6)) as value
    from ({{ metric_events(formula) }}) as events
    group by
        events.metric, events.object_id, events.record_key, events.event_on
        {%- for column in leaf_columns() %}, events.{{ column }}{% endfor %}
    {%- endif -%}
{%- endmacro %}

{# All of them as one relation; a sheet that asks for nothing gives an empty one. #}
{% macro metric_event_union(is_additive) -%}
    {%- for formula in metric_formulas(is_additive) -%}
    {{ metric_events(formula) if is_additive else metric_object_events(formula) }}
    union all
    {% endfor -%}
    select
        cast(null as {{ dbt.type_string() }}) as metric,
        cast(null as {{ dbt.type_string() }}) as object_id,
        cast(null as {{ dbt.type_string() }}) as record_key,
        cast(null as date) as event_on,
        {%- for column in leaf_columns() %}
        cast(null as {{ dbt.type_string() }}) as {{ column }},
        {%- endfor %}
        cast(null as decimal(28, 6)) as value
    where false
{%- endmacro %}
