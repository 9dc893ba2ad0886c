{# How far an actual lags behind what was due. Rounded to twelve digits: 85 of 100 is 0.15, not a hair more. #}
{% macro lag_rate(actual, target_to_date) -%}
    round(1 - {{ ratio(actual, target_to_date) }}, 12)
{%- endmacro %}

{# Whether a figure is behind on a day: small counts by their odds, all others by percentage; never early on. #}
{% macro is_behind(actual, target_to_date, actual_count, due_count, gone_rate, thresholds) -%}
    (
        {{ gone_rate }} >= {{ thresholds }}.grace_elapsed_rate
        and case
            when {{ due_count }} < 5 and {{ gone_rate }} < 1
                then {{ poisson_at_most(actual_count, due_count) }} < 0.05
            else {{ lag_rate(actual, target_to_date) }} > {{ thresholds }}.behind_lag_rate
        end
    )
{%- endmacro %}

{# The light of a target on a day, of columns of one relation; the day alone counts, a light has no memory. #}
{% macro status_light(row, thresholds) -%}
    case
        when {{ row }}.target is null or {{ row }}.target = 0 then 'no_target'
        when not {{ row }}.is_started or {{ row }}.pace_rate is null then 'not_started'
        when {{ row }}.is_small_count
            then case
                when
                    {{ poisson_at_most(row ~ '.actual_count', row ~ '.due_count') }} < 0.05
                    and {{ ratio(row ~ '.workdays_elapsed', row ~ '.period_workdays') }} >= {{ thresholds }}.grace_elapsed_rate
                    then 'behind'
                when 1 - {{ poisson_at_most(row ~ '.actual_count - 1', row ~ '.due_count') }} < 0.05 then 'ahead'
                else 'normal'
            end
        when
            round(1 - {{ row }}.pace_rate, 12) > {{ thresholds }}.behind_lag_rate
            and (
                {{ ratio(row ~ '.workdays_elapsed', row ~ '.period_workdays') }} >= {{ thresholds }}.grace_elapsed_rate
                or {{ row }}.is_closed
            )
            then 'behind'
        when round(1 - {{ row }}.pace_rate, 12) > {{ thresholds }}.watch_lag_rate then 'watch'
        when round({{ row }}.pace_rate - 1, 12) > {{ thresholds }}.ahead_rate then 'ahead'
        else 'normal'
    end
{%- endmacro %}
