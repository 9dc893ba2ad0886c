{# The weight of one coalition of the other factors in the Shapley value: |S|! (n − |S| − 1)! ÷ n!
   Written as a double: a quotient of decimals has six digits on one engine and all of them on another. #}
{% macro shapley_weight(size, factor_count) -%}
    {%- set f = [1, 1, 2, 6, 24] -%}
    {{- f[size] * f[factor_count - size - 1] / f[factor_count] }}e0
{%- endmacro %}

{# The fall from plan to fact that one factor of a product makes, by Shapley: exact and free of any order.
   factors: the names of all factors. state(values): SQL of the figure with each factor at plan (0) or fact (1). #}
{% macro shapley_effect(factor, factors, state) -%}
    {%- set others = factors | reject('equalto', factor) | list -%}
    {%- set terms = [] -%}
    {%- for mask in range(2 ** (others | length)) -%}
        {%- set values = {} -%}
        {%- for other in others -%}
            {%- do values.update({other: (mask // 2 ** loop.index0) % 2}) -%}
        {%- endfor -%}
        {%- set weight = shapley_weight(values.values() | sum, factors | length) -%}
        {%- do terms.append(
            weight ~ ' * (' ~ state(dict(values, **{factor: 0})) ~ ' - ' ~ state(dict(values, **{factor: 1})) ~ ')'
        ) -%}
    {%- endfor -%}
    ({{ terms | join('\n        + ') }})
{%- endmacro %}

{# N × (Σ share × rate × value): the four factors of a gap, of columns reach_0, reach_1 and sum_000 to sum_111. #}
{% macro gap_value(at) -%}
    reach_{{ at.volume }} * sum_{{ at.mix }}{{ at.conversion }}{{ at.deal_size }}
{%- endmacro %}

{# N × rate × value of one segment by itself. #}
{% macro gap_segment_value(at) -%}
    part_{{ at.volume }} * rate_{{ at.conversion }} * value_per_win_{{ at.deal_size }}
{%- endmacro %}

{# The factors of a gap, in the order in which the first of equals is the main cause. #}
{% macro gap_factor(factor_no) -%}
    case {{ factor_no }}
        {%- for factor in ['volume', 'conversion', 'deal_size', 'mix', 'direct', 'adjustment', 'plan_mismatch', 'not_yet_due'] %}
        when {{ loop.index }} then '{{ factor }}'
        {%- endfor %}
    end
{%- endmacro %}
