{# The entries that lead from each state of a booking to the next: it opens, its amount changes, it closes.
   position_before and position_after are what the booking stood at, in its own currency. #}
{% macro ledger_entries(states) %}
{# What a booking is booked under: a change of any takes it back there and books it here. #}
{% set terms = [
    'signed_on', 'order_id', 'opportunity_id', 'account_id', 'person_id', 'product_line', 'region',
    'currency', 'source',
] %}
with

states as (
    select * from {{ states }}
),

compared as (
    select
        states.*,
        coalesce(lag(is_counted) over (partition by booking_id order by state_no), false) as was_counted,
        lag(amount) over (partition by booking_id order by state_no) as previous_amount
        {%- for term in terms %},
        lag({{ term }}) over (partition by booking_id order by state_no) as previous_{{ term }}
        {%- endfor %}
    from states
),

judged as (
    select
        compared.*,
        was_counted and is_counted and (
            {% for term in terms -%}
            {{ is_changed(term, 'previous_' ~ term) }}
            {%- if not loop.last %} or {% endif %}
            {% endfor -%}
        ) as has_other_terms,
        was_counted and is_counted and {{ is_changed('signed_on', 'previous_signed_on') }} as is_redated
    from compared
),

closings as (
    select
        booking_id,
        state_no,
        1 as step_no,
        case when is_counted then 'corrected' else closing_kind end as entry_kind,
        case when is_redated then previous_signed_on else event_on end as booked_on,
        recorded_on,
        -1 as effective_step,
        previous_amount as position_before,
        cast(0 as decimal(18, 4)) as position_after
        {%- for term in terms %},
        previous_{{ term }} as {{ term }}
        {%- endfor %}
    from judged
    where was_counted and (not is_counted or has_other_terms)
),

openings as (
    select
        booking_id,
        state_no,
        2 as step_no,
        case when was_counted then 'corrected' else opening_kind end as entry_kind,
        case when is_redated then signed_on else event_on end as booked_on,
        recorded_on,
        1 as effective_step,
        cast(0 as decimal(18, 4)) as position_before,
        amount as position_after,
        {{ terms | join(', ') }}
    from judged
    where is_counted and (not was_counted or has_other_terms)
),

changes as (
    select
        booking_id,
        state_no,
        2 as step_no,
        'amount_changed' as entry_kind,
        event_on as booked_on,
        recorded_on,
        0 as effective_step,
        previous_amount as position_before,
        amount as position_after,
        {{ terms | join(', ') }}
    from judged
    where is_counted and was_counted and not has_other_terms and amount <> previous_amount
),

entries as (
    select * from closings
    union all
    select * from openings
    union all
    select * from changes
)

select
    concat(booking_id, '|', state_no, '|', step_no) as entry_id,
    entries.*
from entries
where booked_on <= {{ as_of() }}
{% endmacro %}

{# A product of decimals, computed wide: DuckDB keeps 18 digits for two factors of 18, too few for a large
   amount. One digit more gives it 38, and no more than that keeps all of Spark's places. #}
{% macro wide_product(amount, factor) -%}
    (cast({{ amount }} as decimal(19, 4)) * {{ factor }})
{%- endmacro %}

{# An amount in reporting currency; NULL where there is no rate, or more than a figure holds: one mistyped cell
   must not end a night. #}
{% macro converted(amount, fx_rate) -%}
    try_cast(round({{ wide_product(amount, fx_rate) }}, 4) as decimal(18, 4))
{%- endmacro %}

{# The part of a position that the piece share_from .. share_to of it makes: the parts of consecutive
   pieces sum to it exactly, each of them but the last in full minor units. #}
{% macro part_of(position, share_from, share_to) -%}
    (
        case
            when {{ share_to }} = 1 then {{ position }}
            else cast(round({{ wide_product(position, share_to) }}, 2) as decimal(18, 4))
        end
        - cast(round({{ wide_product(position, share_from) }}, 2) as decimal(18, 4))
    )
{%- endmacro %}

{# The currency of an amount; where none is named, the reporting currency. #}
{% macro currency_of(currency) -%}
    coalesce(
        {{ currency }},
        (select company.currency from {{ source('reference', 'company') }} as company)
    )
{%- endmacro %}

{# Whether two values differ, where NULL equals NULL. #}
{% macro is_changed(now, before) -%}
    not coalesce({{ now }} = {{ before }}, {{ now }} is null and {{ before }} is null)
{%- endmacro %}
