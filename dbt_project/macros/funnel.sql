{# The last value that is not NULL up to this row. Window functions name it differently. #}
{% macro last_known(column, partition_by, order_by) -%}
    {{ return(adapter.dispatch('last_known', 'gapwise')(column, partition_by, order_by)) }}
{%- endmacro %}

{% macro default__last_known(column, partition_by, order_by) -%}
    last_value({{ column }} ignore nulls) over (
        partition by {{ partition_by }} order by {{ order_by }} rows between unbounded preceding and current row
    )
{%- endmacro %}

{% macro spark__last_known(column, partition_by, order_by) -%}
    last_value({{ column }}, true) over (
        partition by {{ partition_by }} order by {{ order_by }} rows between unbounded preceding and current row
    )
{%- endmacro %}

{# Doubles are added as decimals: a sum must not depend on the order in which an engine adds. #}
{% macro exact(expression) -%}
    cast({{ expression }} as decimal(38, 18))
{%- endmacro %}

{# A published rate: twelve digits, the same on every run. #}
{% macro rate(expression) -%}
    round(cast({{ expression }} as double), 12)
{%- endmacro %}

{# A moment some hours later. #}
{% macro hours_after(moment, hours) -%}
    {{ return(adapter.dispatch('hours_after', 'gapwise')(moment, hours)) }}
{%- endmacro %}

{% macro default__hours_after(moment, hours) -%}
    ({{ moment }} + interval '{{ hours }}' hour)
{%- endmacro %}

{# Aalen–Johansen over an event table, as three steps of a with clause.

   relation: one row per cell and time: keys, elapsed_workdays (−1: at risk from the start), entered_count,
   event_count (of interest), rival_count, censored_count. Events come before censorings at ties; whoever
   is first seen later enters after that time's events.
   Gives <prefix>_incidence: keys, elapsed_workdays, n_at_risk, survival (before), incidence (after), and what
   the Greenwood-type variance needs.
   Source: Kalbfleisch & Prentice; variance of Dinse & Larson (delta method). #}
{% macro aalen_johansen(prefix, relation, keys) -%}
{%- set cell = keys | join(', ') -%}
{%- set before = 'partition by ' ~ cell ~ ' order by elapsed_workdays rows between unbounded preceding and 1 preceding' -%}
{{ prefix }}_risk as (
    select
        {{ cell }},
        elapsed_workdays,
        event_count,
        event_count + rival_count as any_count,
        coalesce(sum(entered_count - event_count - rival_count - censored_count) over ({{ before }}), 0) as n_at_risk
    from {{ relation }}
),

{{ prefix }}_hazard as (
    select
        *,
        case when any_count > 0 and any_count < n_at_risk
            then ln(1 - {{ ratio('any_count', 'n_at_risk') }}) else 0 end as log_survival,
        case when any_count > 0 and any_count >= n_at_risk then 1 else 0 end as is_last
    from {{ prefix }}_risk
),

{{ prefix }}_survival as (
    select
        *,
        case
            when coalesce(max(is_last) over ({{ before }}), 0) = 1 then 0
            else exp(cast(coalesce(sum({{ exact('log_survival') }}) over ({{ before }}), 0) as double))
        end as survival
    from {{ prefix }}_hazard
),

{{ prefix }}_incidence as (
    select
        {{ cell }},
        elapsed_workdays,
        n_at_risk,
        any_count,
        event_count,
        survival,
        cast(
            sum({{ exact('coalesce(survival * ' ~ ratio('event_count', 'n_at_risk') ~ ', 0)') }}) over (
                partition by {{ cell }} order by elapsed_workdays
                rows between unbounded preceding and current row
            ) as double
        ) as incidence,
        coalesce({{ ratio('any_count', 'n_at_risk * (n_at_risk - any_count)') }}, 0) as greenwood,
        coalesce(survival * {{ ratio('event_count', 'n_at_risk * n_at_risk') }}, 0) as covariance,
        coalesce(
            survival * survival * {{ ratio('event_count * (n_at_risk - event_count)', 'n_at_risk * n_at_risk * n_at_risk') }},
            0
        ) as binomial
    from {{ prefix }}_survival
)
{%- endmacro %}

{# One end of the 95 % interval on the complementary log-log scale; at 0 and 1, where that scale has no
   width, the exact binomial bound of the number that came in. #}
{% macro cloglog_bound(estimate, variance, count, side) -%}
    {%- set z = '-1.959963984540054' if side == 'low' else '1.959963984540054' -%}
    case
        when {{ estimate }} is null then null
        when {{ estimate }} <= 0
            then {% if side == 'low' %}0{% else %}1 - power(0.025, {{ ratio('1', count) }}){% endif %}
        when {{ estimate }} >= 1
            then {% if side == 'low' %}power(0.025, {{ ratio('1', count) }}){% else %}1{% endif %}
        else 1 - power(
            1 - {{ estimate }},
            exp({{ z }} * sqrt(greatest({{ variance }}, 0)) / abs((1 - {{ estimate }}) * ln(1 - {{ estimate }})))
        )
    end
{%- endmacro %}

{# One of a row's three horizons, by the one chosen for comparing it. #}
{% macro at_horizon(stem) -%}
    case baseline_horizon_workdays when 90 then {{ stem }}_90 when 60 then {{ stem }}_60 when 30 then {{ stem }}_30 end
{%- endmacro %}
