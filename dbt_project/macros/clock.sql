{# A moment (UTC) as the company's clock on the wall shows it, and back. #}
{% macro local_time(moment) -%}
    {{ return(adapter.dispatch('local_time', 'gapwise')(moment)) }}
{%- endmacro %}

{% macro default__local_time(moment) -%}
    timezone((select company.timezone from {{ source('reference', 'company') }} as company), timezone('UTC', {{ moment }}))
{%- endmacro %}

{% macro spark__local_time(moment) -%}
    from_utc_timestamp({{ moment }}, (select company.timezone from {{ source('reference', 'company') }} as company))
{%- endmacro %}

{% macro utc_time(moment) -%}
    {{ return(adapter.dispatch('utc_time', 'gapwise')(moment)) }}
{%- endmacro %}

{% macro default__utc_time(moment) -%}
    timezone('UTC', timezone((select company.timezone from {{ source('reference', 'company') }} as company), {{ moment }}))
{%- endmacro %}

{% macro spark__utc_time(moment) -%}
    to_utc_timestamp({{ moment }}, (select company.timezone from {{ source('reference', 'company') }} as company))
{%- endmacro %}

{# Minutes of the clock between two moments, to the second. #}
{% macro minutes_between(first, last) -%}
    {{ return(adapter.dispatch('minutes_between', 'gapwise')(first, last)) }}
{%- endmacro %}

{% macro default__minutes_between(first, last) -%}
    {{ ratio('epoch_ms(' ~ last ~ ') - epoch_ms(' ~ first ~ ')', '60000') }}
{%- endmacro %}

{% macro spark__minutes_between(first, last) -%}
    {{ ratio('unix_millis(' ~ last ~ ') - unix_millis(' ~ first ~ ')', '60000') }}
{%- endmacro %}

{# 09:00 as minutes since midnight. #}
{% macro minutes_of(time_text) -%}
    (cast(substr({{ time_text }}, 1, 2) as integer) * 60 + cast(substr({{ time_text }}, 4, 2) as integer))
{%- endmacro %}

{# What the working clock shows at a local moment: working minutes since the calendar began. It stands still
   at night, at weekends and on holidays, and runs on make-up workdays. The difference of two readings is the
   working time between; a clock of its own in tests/end_to_end/working_clock.py must agree.
   day: the row of calendar_day of that moment; hours: the row of alerts_settings. #}
{% macro working_clock(local_moment, day, hours) -%}
    case
        when {{ day }}.is_workday
            then ({{ day }}.workday_index - 1) * ({{ minutes_of(hours ~ '.work_to') }} - {{ minutes_of(hours ~ '.work_from') }})
                + least(
                    greatest(
                        extract(hour from {{ local_moment }}) * 60 + extract(minute from {{ local_moment }})
                        + {{ ratio('extract(second from ' ~ local_moment ~ ')', '60') }} - {{ minutes_of(hours ~ '.work_from') }},
                        0
                    ),
                    {{ minutes_of(hours ~ '.work_to') }} - {{ minutes_of(hours ~ '.work_from') }}
                )
        else {{ day }}.workday_index * ({{ minutes_of(hours ~ '.work_to') }} - {{ minutes_of(hours ~ '.work_from') }})
    end
{%- endmacro %}
