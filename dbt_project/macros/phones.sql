{# Whether a phone could be called: 7 to 15 digits, with at most a plus, spaces, hyphens and parentheses. #}
{% macro is_well_formed_phone(phone) -%}
    {{ return(adapter.dispatch('is_well_formed_phone', 'gapwise')(phone)) }}
{%- endmacro %}

{% macro default__is_well_formed_phone(phone) -%}
    (
        regexp_full_match({{ phone }}, '\+?[0-9 ()-]+')
        and length(regexp_replace({{ phone }}, '[^0-9]', '', 'g')) between 7 and 15
    )
{%- endmacro %}

{% macro spark__is_well_formed_phone(phone) -%}
    (
        {{ phone }} rlike '^\\+?[0-9 ()-]+$'
        and length(regexp_replace({{ phone }}, '[^0-9]', '')) between 7 and 15
    )
{%- endmacro %}
