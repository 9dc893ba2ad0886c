{# How far a pace lags behind what was due. Rounded to twelve digits: 85 of 100 is 0.15, not a hair more. #}
{% macro lag_of_pace(pace_rate) -%}
    round(1 - {{ pace_rate }}, 12)
{%- endmacro %}

{# The same of an actual and what was due. #}
{% macro lag_rate(actual, target_to_date) -%}
    {{ lag_of_pace(ratio(actual, target_to_date)) }}
{%- endmacro %}

{# Whether so little is due that one deal more or less says nothing as a percentage. #}
{% macro is_small_count(due_count) -%}
    {{ due_count }} < 5
{%- endmacro %}

{# How unlikely a count has to be before chance is no excuse for it. #}
{% macro is_unlikely(probability) -%}
    {{ probability }} < 0.05
{%- endmacro %}

{# Whether a figure is behind on a day: small counts by their odds, all others by percentage; never early on. #}
{% macro is_behind(lag, is_small, actual_count, due_count, gone_rate, thresholds) -%}
    (
        {{ gone_rate }} >= {{ thresholds }}.grace_elapsed_rate
        and case
            when {{ is_small }} then {{ is_unlikely(poisson_at_most(actual_count, due_count)) }}
            else {{ lag }} > {{ thresholds }}.behind_lag_rate
        end
    )
{%- endmacro %}

{# The light of a target on a day, of columns of one relation; the day alone counts, a light has no memory. #}
{% macro status_light(row, thresholds) -%}
    {%- set lag = lag_of_pace(row ~ '.pace_rate') -%}
    {%- set gone = 'case when ' ~ row ~ '.is_closed then 1 else '
        ~ ratio(row ~ '.workdays_elapsed', row ~ '.period_workdays') ~ ' end' -%}
    case
        when {{ row }}.target is null or {{ row }}.target = 0 then 'no_target'
        when not {{ row }}.is_started or {{ row }}.pace_rate is null then 'not_started'
        when {{ is_behind(
            lag, row ~ '.is_small_count', row ~ '.actual_count', row ~ '.due_count', gone, thresholds
        ) }}
            then 'behind'
        when {{ row }}.is_small_count
            then case
                when {{ is_unlikely('1 - ' ~ poisson_at_most(row ~ '.actual_count - 1', row ~ '.due_count')) }}
                    then 'ahead'
                else 'normal'
            end
        when {{ lag }} > {{ thresholds }}.watch_lag_rate then 'watch'
        when round({{ row }}.pace_rate - 1, 12) > {{ thresholds }}.ahead_rate then 'ahead'
        else 'normal'
    end
{%- endmacro %}
