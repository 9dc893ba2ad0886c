-- Grain: one row per basis × period × scope × product line × customer kind × channel × metric
-- reach_count, won_count, won_value: what was in reach and what it brought, net per unit and scope;
-- direct_value: bookings that name no unit; reversal_value: units that came out negative. Counts
-- are worth 1 each. Pairs are not segmented further.
{% set metrics = {
    'signed_amount': true, 'collected_amount': true,
    'order_count': false, 'new_customer_count': false,
} %}
{% set segments = 'product_line, customer_kind, channel' %}
with

units as (
    select * from {{ ref('int_gap_unit') }}
),

leaf_scopes as (
    select
        leaf_no, scope_no, scope_type like '%product_line' as is_by_product,
        scope_type like '%product_line' and scope_type <> 'product_line' as is_pair
    from {{ ref('int_leaf_scope') }}
),

-- What stands in one leaf is added up there; what stands in several is netted in each scope that it
-- is in.
leaf_sums as (
    select
        driver_basis, period_type, period_no, leaf_no, {{ segments }},
        sum(reach_count) as reach_count
        {%- for metric in metrics %},
        count(case when {{ metric }} > 0 and not is_direct then 1 end) as {{ metric }}_won_count,
        sum(case when {{ metric }} > 0 and not is_direct then {{ metric }} else 0 end)
            as {{ metric }}_won,
        sum(case when {{ metric }} > 0 and is_direct then {{ metric }} else 0 end)
            as {{ metric }}_direct,
        sum(case when {{ metric }} < 0 then {{ metric }} else 0 end) as {{ metric }}_reversal
    {%- endfor %}
    from units
    where leaf_count = 1
    group by all
),

scope_units as (
    select
        units.driver_basis,
        units.period_type,
        units.period_no,
        leaf_scopes.scope_no,
        units.unit_id,
        units.is_direct,
        case when leaf_scopes.is_by_product then '(all)' else units.product_line end
            as product_line,
        case when leaf_scopes.is_pair then '(all)' else units.customer_kind end as customer_kind,
        case when leaf_scopes.is_pair then '(all)' else units.channel end as channel,
        max(units.reach_count) as reach_count
        {%- for metric in metrics %},
        cast(sum(units.{{ metric }}) as decimal(18, 4)) as {{ metric }}
    {%- endfor %}
    from units
    inner join leaf_scopes on units.leaf_no = leaf_scopes.leaf_no
    where units.leaf_count > 1
    group by all
),

every_sum as (
    select
        leaf_sums.driver_basis, leaf_sums.period_type, leaf_sums.period_no, leaf_scopes.scope_no,
        case when leaf_scopes.is_by_product then '(all)' else leaf_sums.product_line end
            as product_line,
        case when leaf_scopes.is_pair then '(all)' else leaf_sums.customer_kind end
            as customer_kind,
        case when leaf_scopes.is_pair then '(all)' else leaf_sums.channel end as channel,
        leaf_sums.reach_count
        {%- for metric in metrics %}
        {%- for part in ['won_count', 'won', 'direct', 'reversal'] %},
        cast(leaf_sums.{{ metric }}_{{ part }} as decimal(18, 4)) as {{ metric }}_{{ part }}
        {%- endfor %}
        {%- endfor %}
    from leaf_sums
    inner join leaf_scopes on leaf_sums.leaf_no = leaf_scopes.leaf_no
    union all
    select
        driver_basis, period_type, period_no, scope_no, {{ segments }}, reach_count
        {%- for metric in metrics %},
        case when {{ metric }} > 0 and not is_direct then 1 else 0 end as {{ metric }}_won_count,
        case when {{ metric }} > 0 and not is_direct then {{ metric }} else 0 end
            as {{ metric }}_won,
        case when {{ metric }} > 0 and is_direct then {{ metric }} else 0 end
            as {{ metric }}_direct,
        case when {{ metric }} < 0 then {{ metric }} else 0 end as {{ metric }}_reversal
    {%- endfor %}
    from scope_units
),

summed as (
    select
        driver_basis,
        period_type,
        period_no,
        scope_no,
        {{ segments }},
        sum(reach_count) as reach_count
        {%- for metric in metrics %}
        {%- for part in ['won_count', 'won', 'direct', 'reversal'] %},
        sum({{ metric }}_{{ part }}) as {{ metric }}_{{ part }}
        {%- endfor %}
            {%- endfor %}
    from every_sum
    group by all
),

final as (
    {% for metric, is_money in metrics.items() -%}
    select
        summed.driver_basis, '{{ metric }}' as metric, summed.period_type, summed.period_no,
        summed.scope_no, {{ segments }},
        cast(summed.reach_count as double) as reach_count,
        cast(
            summed.{{ metric }}_won{{ '_count' if is_money }} as double
        )
            as won_count,
        cast(summed.{{ metric }}_won as decimal(28, 6)) as won_value,
        cast(summed.{{ metric }}_direct as decimal(28, 6)) as direct_value,
        cast(summed.{{ metric }}_reversal as decimal(28, 6)) as reversal_value
    from summed
    where summed.driver_basis {{ "=" if metric == 'collected_amount' else "<>" }} 'debtor'
    {% if not loop.last %}union all
    {% endif -%}
    {% endfor %}
)

select * from final
