{# How figures read in a sentence, and nowhere else: the one rule that sentences, board, workbook and alerts share.
   Money to the cent with thousands apart; counts as whole numbers where they are; rates in percent, one digit. #}
{% macro number_text(number, decimals) -%}
    {{ return(adapter.dispatch('number_text', 'gapwise')(number, decimals)) }}
{%- endmacro %}

{% macro default__number_text(number, decimals) -%}
    format('{:,.{{ decimals }}f}', cast({{ number }} as decimal(18, {{ [decimals, 2] | max }})))
{%- endmacro %}

{% macro spark__number_text(number, decimals) -%}
    format_number({{ spark__fixed(number, [decimals, 2] | max) }}, {{ decimals }})
{%- endmacro %}

{% macro figure_text(figure, unit) -%}
    case
        when {{ unit }} <> 'money' and {{ figure }} = round({{ figure }}, 0) then {{ number_text(figure, 0) }}
        else {{ number_text(figure, 2) }}
    end
{%- endmacro %}

{% macro percent_text(rate) -%}
    concat({{ number_text('round(' ~ rate ~ ' * 100, 1)', 1) }}, '%')
{%- endmacro %}

{# Names of the causes of a gap, by factor. #}
{% macro cause_text(factor, driver_basis, language) -%}
    {%- set names = {
        'volume': ('商机不足', 'too few opportunities'),
        'conversion': ('转化率低', 'low conversion'),
        'deal_size': ('客单价低', 'small deals'),
        'mix': ('结构变化', 'a weaker mix'),
        'direct': ('无商机签单减少', 'bookings without an opportunity'),
        'adjustment': ('退单与调减', 'reversals'),
        'plan_mismatch': ('驱动计划与目标不一致', 'planned drivers below the target'),
    } -%}
    {%- set place = 0 if language == 'zh' else 1 -%}
    case
        when {{ factor }} = 'volume' and {{ driver_basis }} = 'customer' then '{{ ('客户不足', 'too few customers')[place] }}'
        when {{ factor }} = 'volume' and {{ driver_basis }} = 'record' then '{{ ('完成数量不足', 'too little done')[place] }}'
        when {{ factor }} = 'volume' and {{ driver_basis }} = 'debtor' then '{{ ('应付款客户不足', 'too few customers with money due')[place] }}'
        when {{ factor }} = 'conversion' and {{ driver_basis }} = 'debtor' then '{{ ('付款客户比例低', 'too few of the owing customers pay')[place] }}'
        when {{ factor }} = 'deal_size' and {{ driver_basis }} = 'debtor' then '{{ ('户均回款低', 'small payments')[place] }}'
        {%- for name, texts in names.items() %}
        when {{ factor }} = '{{ name }}' then '{{ texts[place] }}'
        {%- endfor %}
    end
{%- endmacro %}

{# The smallest multiple of a step of so many decimal places that, times what each is worth, makes up what is needed;
   all are decimals of 18 digits. With one digit more a product has room: two of 18 keep to 18 in DuckDB, and a
   group that lacks ten billion overflows.
   guess: ceil of needed ÷ (each × step), as a double, which may be one off. #}
{% macro least_multiple(guess, needed, each, places) -%}
    {%- set step = '0.' ~ '0' * (places - 1) ~ '1' if places else '1' -%}
    case
        {%- for off in ('- 1', '+ 0') %}
        when cast(({{ guess }} {{ off }}) * {{ step }} as decimal(19, {{ places }})) * {{ each }} >= {{ needed }}
            then cast(({{ guess }} {{ off }}) * {{ step }} as decimal(18, {{ places }}))
        {%- endfor %}
        else cast(({{ guess }} + 1) * {{ step }} as decimal(18, {{ places }}))
    end
{%- endmacro %}

{# What a director can read out about one row of mart_gap: what is missing, mainly why, since when, what would close it.
   Of columns of that row alone, so that no figure in it can differ from the mart. What a row lacks is left out
   (with concat, Spark would leave out the sentence). #}
{% macro gap_sentence(language) -%}
    {%- set zh = language == 'zh' -%}
    {%- set unit = 'unit_zh' if zh else 'unit_en' -%}
    {%- set day = 'cast(as_of as ' ~ dbt.type_string() ~ ')' -%}
    concat_ws(
        '',
        {% if zh -%}
        spoken_name_zh, ' ', period_label, ' ', metric_name_zh, '：目标 ', target_text, {{ unit }}, '，截至 ', {{ day }}, ' 实际 ',
        actual_text, {{ unit }},
        {%- else -%}
        spoken_name_en, ', ', period_label, ', ', metric_name_en, ': target ', target_text, {{ unit }}, ', actual ', actual_text,
        {{ unit }}, ' by ', {{ day }},
        {%- endif %}
        case
            when is_seat and target < 0 then {{ "'，下级目标合计超过上级。'" if zh else "'; those below hold more than their parent.'" }}
            when is_seat then {{ "'，没有分解到任何下级。'" if zh else "'; assigned to nobody.'" }}
            when gap = 0 then {{ "'，恰好达成。'" if zh else "'; reached exactly.'" }}
            when gap < 0 then concat_ws('', {{ "'，已达成，超出 '" if zh else "'; reached, '" }}, gap_text, {{ unit }}, {{ "'。'" if zh else "' above it.'" }})
            when not is_started
                then {{ "'，尚未开始。'" if zh else "'; not begun.'" }}
            when gap_to_date <= 0
                then concat_ws('', {{ "'，还差 '" if zh else "'; missing '" }}, gap_text, {{ unit }}, {{ "'，进度正常。'" if zh else "', on schedule.'" }})
            else concat_ws(
                '',
                {{ "'，还差 '" if zh else "'; missing '" }}, gap_text, {{ unit }},
                {{ "'，其中应已完成 '" if zh else "', of which due by now '" }}, due_gap_text, {{ unit }},
                case when missing_since_label is not null
                    then concat_ws('', {{ "'，自 '" if zh else "', behind since '" }}, missing_since_label, {{ "' 起落后'" if zh else "''" }})
                    else '' end,
                {{ "'。'" if zh else "'.'" }},
                case when main_cause is not null
                    then concat_ws(
                        '',
                        {{ "'主要原因：'" if zh else "' Mainly '" }}, {{ 'cause_zh' if zh else 'cause_en' }},
                        {{ "'（占 '" if zh else "' ('" }}, {{ percent_text('main_cause_share') }},
                        {{ "'）'" if zh else "')'" }},
                        case when weakest_stage is not null
                            then concat_ws('', {{ "'，最弱阶段：'" if zh else "', weakest at '" }}, {{ 'stage_name_zh' if zh else 'stage_name_en' }}) else '' end,
                        {{ "'。'" if zh else "'.'" }},
                        case when lost_customer_id is not null
                            then concat_ws(
                                '',
                                {{ "'不再购买的最大客户：'" if zh else "' Largest customer that stopped buying: '" }},
                                coalesce(lost_customer_name, lost_customer_id),
                                {{ "'，平均每季 '" if zh else "', '" }}, {{ number_text('lost_customer_amount', 2) }}, {{ unit }},
                                {{ "'。'" if zh else "' a quarter.'" }}
                            )
                            else '' end
                    )
                    else '' end
            )
        end,
        case
            when gap > 0 and coalesce(
                cast(customers_needed as {{ dbt.type_string() }}), cast(conversion_needed as {{ dbt.type_string() }}),
                cast(deal_size_needed as {{ dbt.type_string() }})
            ) is not null
                then concat_ws(
                    '',
                    {{ "'任一即可补上：'" if zh else "' Any one of these closes it:'" }},
                    case when customers_needed is not null
                        then concat_ws(
                            '',
                            {% if zh -%}
                            '再增加 ', {{ number_text('customers_needed', 0) }}, case when driver_basis = 'customer' then ' 个客户' else ' 个商机' end
                            {%- else -%}
                            ' ', {{ number_text('customers_needed', 0) }},
                            case when driver_basis = 'customer' then ' more customers' else ' more opportunities' end
                            {%- endif %}
                        )
                        else '' end,
                    case when conversion_needed is not null
                        then concat_ws(
                            '',
                            case when customers_needed is not null then {{ "'；'" if zh else "';'" }} else '' end,
                            case driver_basis
                                when 'debtor' then {{ "'付款客户比例达到 '" if zh else "' a share of paying customers of '" }}
                                when 'customer' then {{ "'购买客户比例达到 '" if zh else "' a share of buying customers of '" }}
                                else {{ "'转化率达到 '" if zh else "' a conversion of '" }}
                            end,
                            {{ percent_text('conversion_needed') }}
                        )
                        else '' end,
                    case when deal_size_needed is not null
                        then concat_ws(
                            '',
                            case when customers_needed is not null or conversion_needed is not null
                                then {{ "'；'" if zh else "';'" }} else '' end,
                            case driver_basis
                                when 'debtor' then {{ "'户均回款做到 '" if zh else "' payments per customer of '" }}
                                when 'customer' then {{ "'户均购买做到 '" if zh else "' purchases per customer of '" }}
                                else {{ "'每单做到 '" if zh else "' deals of '" }}
                            end,
                            {{ number_text('deal_size_needed', 2) }}, {{ unit }}
                        )
                        else '' end,
                    {{ "'。'" if zh else "'.'" }}
                )
            else ''
        end,
        case when main_cause is not null and {{ 'action' if zh else 'action_en' }} is not null
            then concat_ws('', {{ "'行动：'" if zh else "' Action: '" }}, {{ 'action' if zh else 'action_en' }}, {{ "'。'" if zh else "'.'" }})
            else '' end
    )
{%- endmacro %}
