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

{# Two CTEs, `stage_sources` and `places`: one number for a stage's deals from one source, and
   whole_no for those from all of them. Every model that asks on the same entries gets the same numbers. #}
{% macro funnel_places(entries) -%}
stage_sources as (
    select pipeline, stage, lead_source
    from {{ entries }}
    group by pipeline, stage, lead_source
    union all
    select pipeline, stage, '(all)' as lead_source
    from {{ entries }}
    group by pipeline, stage
),

numbered_places as (
    select
        cast(row_number() over (order by pipeline, stage, lead_source) as integer) as place_no,
        pipeline, stage, lead_source
    from stage_sources
),

places as (
    select
        numbered_places.*,
        max(case when lead_source = '(all)' then place_no end)
            over (partition by pipeline, stage) as whole_no
    from numbered_places
)
{%- endmacro %}

{# CTEs that say which months of entry make up a cohort (`cohort_months`), which months a quarter
   (`quarter_months`), and which four quarters each is compared with (`baseline_quarters`): small
   lists, so that large steps join on equal days. #}
{% macro funnel_cohort_months() -%}
periods as (
    select
        period_type,
        period_start,
        period_end,
        dense_rank() over (partition by period_type order by period_start) as period_no
    from {{ source('reference', 'period') }}
    where period_type in ('month', 'quarter')
),

quarter_months as (
    select months.period_start as month_start_on, quarters.period_start
    from periods as months
    inner join periods as quarters
        on
            months.period_type = 'month' and quarters.period_type = 'quarter'
            and months.period_start >= quarters.period_start
            and months.period_start <= quarters.period_end
),

baseline_quarters as (
    select earlier.period_start as quarter_start_on, quarters.period_start
    from periods as quarters
    inner join periods as earlier
        on
            quarters.period_type = 'quarter' and earlier.period_type = 'quarter'
            and quarters.period_no > earlier.period_no
            and earlier.period_no >= quarters.period_no - 4
),

cohort_months as (
    select 'month' as cohort_type, period_start, period_start as month_start_on
    from periods
    where period_type = 'month'
    union all
    select 'quarter' as cohort_type, period_start, month_start_on
    from quarter_months
    union all
    select 'baseline' as cohort_type, baseline_quarters.period_start, quarter_months.month_start_on
    from baseline_quarters
    inner join quarter_months on baseline_quarters.quarter_start_on = quarter_months.period_start
)
{%- endmacro %}
