-- Grain: one row per week × scope
-- Open deals expected to close in the quarter that the week ends in, from the eve of the week to
-- its last day (or D): begin + fx + new + moved_in + transfer_in + increase − decrease − moved_out
-- − transfer_out − won − lost − deleted = end. Order within a deal: rate, transfer, date, amount,
-- outcome. Signed is out of the pipeline.
{% set plus = ['new', 'moved_in', 'transfer_in'] %}
{% set minus = ['moved_out', 'transfer_out', 'won', 'lost', 'deleted'] %}
with

segments as (
    select * from {{ ref('int_opportunity_segment') }}
),

-- Numbers stand for leaves and scopes: millions of deals and weeks are grouped by them.
leaves as (
    select leaf_id, leaf_no from {{ ref('int_leaf_scope') }} group by leaf_id, leaf_no
),

leaf_scopes as (
    select leaf_no, scope_no from {{ ref('int_leaf_scope') }}
),


rates as (
    select * from {{ ref('int_fx_rate') }}
),

periods as (
    select * from {{ source('reference', 'period') }}
),

capped as (
    select
        period_start,
        period_end,
        period_label,
        {{ days_after('period_start', -1) }} as begin_on,
        least(period_end, {{ as_of() }}) as end_on
    from periods
    where
        period_type = 'week' and period_start <= {{ as_of() }}
        and period_end >= (select min(segments.valid_from) from segments)
),

weeks as (
    select
        capped.*,
        quarters.period_label as target_period_label,
        quarters.period_start as target_start,
        quarters.period_end as target_end
    from capped
    inner join periods as quarters
        on
            quarters.period_type = 'quarter'
            and capped.end_on >= quarters.period_start
            and capped.end_on <= quarters.period_end
),

firsts as (
    select opportunity_id, min(valid_from) as first_on
    from segments
    group by opportunity_id
),

parts as (
    select
        segments.opportunity_id, segments.valid_from, segments.valid_before, segments.standing,
        segments.expected_close_on, segments.original_amount, segments.currency, leaves.leaf_no
    from segments
    left join leaves on segments.leaf_id = leaves.leaf_id
),

-- Only deals that were ever to close in the quarter of a week can move its lines.
due_quarters as (
    select parts.opportunity_id, quarters.period_start as target_start
    from parts
    inner join periods as quarters
        on
            quarters.period_type = 'quarter'
            and parts.expected_close_on >= quarters.period_start
            and parts.expected_close_on <= quarters.period_end
    group by parts.opportunity_id, quarters.period_start
),

-- Deals open on the eve, open on the last day, or closed in between.
begun as (
    select weeks.period_start, parts.*
    from weeks
    inner join parts on {{ is_valid_on('parts', 'weeks.begin_on') }}
    inner join due_quarters
        on
            parts.opportunity_id = due_quarters.opportunity_id
            and weeks.target_start = due_quarters.target_start
    where parts.standing = 'open'
),

-- A closed deal matters in the week in which it closed.
ended as (
    select weeks.period_start, parts.*
    from weeks
    inner join parts on {{ is_valid_on('parts', 'weeks.end_on') }}
    inner join due_quarters
        on
            parts.opportunity_id = due_quarters.opportunity_id
            and weeks.target_start = due_quarters.target_start
    where parts.standing = 'open' or parts.valid_from > weeks.begin_on
),

deals as (
    select
        coalesce(begun.period_start, ended.period_start) as week_start,
        coalesce(begun.opportunity_id, ended.opportunity_id) as opportunity_id,
        begun.opportunity_id is not null as was_open,
        coalesce(ended.standing, 'deleted') as standing,
        coalesce(begun.leaf_no, ended.leaf_no) as from_leaf_no,
        coalesce(ended.leaf_no, begun.leaf_no) as to_leaf_no,
        begun.expected_close_on as from_close_on,
        case
            when ended.opportunity_id is null then begun.expected_close_on else
                ended.expected_close_on
        end as to_close_on,
        begun.original_amount as from_amount,
        case
            when ended.opportunity_id is null then begun.original_amount else ended.original_amount
        end as to_amount,
        coalesce(begun.currency, ended.currency) as from_currency,
        coalesce(ended.currency, begun.currency) as to_currency
    from begun
    full outer join ended
        on begun.period_start = ended.period_start and begun.opportunity_id = ended.opportunity_id
),

valued as (
    select
        deals.*,
        weeks.target_start,
        weeks.target_end,
        coalesce(
            deals.from_close_on >= weeks.target_start and deals.from_close_on <= weeks.target_end,
            false
        )
            as was_due,
        coalesce(
            deals.to_close_on >= weeks.target_start and deals.to_close_on <= weeks.target_end, false
        )
            as is_due,
        -- To the cent per deal: every line adds up as published.
        cast(
            round(
                coalesce(
                    {{ wide_product(
                        'deals.from_amount', 'coalesce(begin_rates.fx_rate, end_rates_old.fx_rate)'
                    ) }},
                    0
                ),
                2
            ) as decimal(18, 2)
        )
            as begin_value,
        cast(
            round(
                coalesce(
                    {{ wide_product(
                        'deals.from_amount', 'coalesce(end_rates_old.fx_rate, begin_rates.fx_rate)'
                    ) }},
                    0
                ),
                2
            ) as decimal(18, 2)
        )
            as rated_value,
        cast(
            round(coalesce({{ wide_product('deals.to_amount', 'end_rates.fx_rate') }}, 0), 2)
            as decimal(18, 2)
        )
            as end_value,
        deals.to_amount is null or end_rates.fx_rate is null as is_unconverted
    from deals
    inner join weeks on deals.week_start = weeks.period_start
    left join firsts on deals.opportunity_id = firsts.opportunity_id
    left join rates as begin_rates
        on
            deals.from_currency = begin_rates.currency
            and {{ is_valid_on('begin_rates', 'weeks.begin_on') }}
    left join rates as end_rates_old
        on
            deals.from_currency = end_rates_old.currency
            and {{ is_valid_on('end_rates_old', 'weeks.end_on') }}
    left join rates as end_rates
        on
            deals.to_currency = end_rates.currency
            and {{ is_valid_on('end_rates', 'weeks.end_on') }}
    -- Closed before and closed again is no business of the open pipeline.
    where deals.was_open or deals.standing = 'open' or firsts.first_on > weeks.begin_on
),

-- One leaf on both sides: counted as it is; two leaves: told apart scope by scope.
grouped as (
    select
        week_start, from_leaf_no, to_leaf_no, was_open, standing, was_due, is_due,
        count(*) as deal_count,
        sum(case when is_unconverted then 1 else 0 end) as unconverted_count,
        sum(begin_value) as begin_value,
        sum(rated_value) as rated_value,
        sum(end_value) as end_value,
        sum(greatest(end_value - rated_value, 0)) as risen_value,
        sum(greatest(rated_value - end_value, 0)) as fallen_value
    from valued
    where was_due or is_due
    group by 1, 2, 3, 4, 5, 6, 7
),

touched as (
    select grouped.from_leaf_no, grouped.to_leaf_no, leaf_scopes.scope_no
    from grouped
    inner join leaf_scopes on grouped.from_leaf_no = leaf_scopes.leaf_no
    where grouped.from_leaf_no <> grouped.to_leaf_no
    union
    select grouped.from_leaf_no, grouped.to_leaf_no, leaf_scopes.scope_no
    from grouped
    inner join leaf_scopes on grouped.to_leaf_no = leaf_scopes.leaf_no
    where grouped.from_leaf_no <> grouped.to_leaf_no
),

sided as (
    select grouped.*, leaf_scopes.scope_no, true as was_here, true as is_here
    from grouped
    inner join leaf_scopes on grouped.from_leaf_no = leaf_scopes.leaf_no
    where grouped.from_leaf_no = grouped.to_leaf_no
    union all
    select
        grouped.*, touched.scope_no,
        former.leaf_no is not null as was_here, latter.leaf_no is not null as is_here
    from grouped
    inner join touched
        on grouped.from_leaf_no = touched.from_leaf_no and grouped.to_leaf_no = touched.to_leaf_no
    left join leaf_scopes as former
        on touched.from_leaf_no = former.leaf_no and touched.scope_no = former.scope_no
    left join leaf_scopes as latter
        on touched.to_leaf_no = latter.leaf_no and touched.scope_no = latter.scope_no
),

lined as (
    select
        week_start, scope_no,
        {% set conditions = {
            'begin': ('was_open and was_here and was_due', 'begin_value'),
            'new': ('not was_open and is_here and is_due', 'end_value'),
            'moved_in': ('was_open and is_here and is_due and not was_due', 'rated_value'),
            'transfer_in': ('was_open and is_here and not was_here and was_due', 'rated_value'),
            'moved_out': ('was_open and is_here and was_due and not is_due', 'rated_value'),
            'transfer_out': ('was_open and was_here and not is_here and was_due', 'rated_value'),
            'won': ("is_here and is_due and standing = 'won'", 'end_value'),
            'lost': ("is_here and is_due and standing = 'lost'", 'end_value'),
            'deleted': ("is_here and is_due and standing = 'deleted'", 'end_value'),
            'end': ("is_here and is_due and standing = 'open'", 'end_value'),
        } -%}
        {% for line, (condition, value) in conditions.items() -%}
        sum(case when {{ condition }} then deal_count else 0 end) as {{ line }}_count,
        sum(case when {{ condition }} then {{ value }} else 0 end) as {{ line }}_amount,
        {% endfor -%}
        sum(case when was_open and was_here and was_due then rated_value - begin_value else 0 end)
            as fx_amount,
        sum(case when was_open and is_here and is_due then risen_value else 0 end)
            as increase_amount,
        sum(case when was_open and is_here and is_due then fallen_value else 0 end)
            as decrease_amount,
        sum(case when is_here and is_due then unconverted_count else 0 end) as unconverted_count
    from sided
    group by week_start, scope_no
),

scopes as (
    select * from {{ ref('int_scope') }}
),

final as (
    select
        weeks.period_start as week_start,
        weeks.period_end as week_end,
        weeks.period_label as week_label,
        scopes.scope_type,
        scopes.scope_id,
        scopes.scope_name,
        weeks.target_period_label,
        cast(lined.begin_count as bigint) as begin_count,
        {{ money('lined.begin_amount') }} as begin_amount,
        {{ money('lined.fx_amount') }} as fx_amount
        {%- for line in plus %},
        cast(lined.{{ line }}_count as bigint) as {{ line }}_count,
        {{ money('lined.' ~ line ~ '_amount') }} as {{ line }}_amount
        {%- endfor %},
        {{ money('lined.increase_amount') }} as increase_amount,
        {{ money('lined.decrease_amount') }} as decrease_amount
        {%- for line in minus %},
        cast(lined.{{ line }}_count as bigint) as {{ line }}_count,
        {{ money('lined.' ~ line ~ '_amount') }} as {{ line }}_amount
        {%- endfor %},
        cast(lined.end_count as bigint) as end_count,
        {{ money('lined.end_amount') }} as end_amount,
        cast(
            begin_count {% for line in plus %}
            + {{ line }}_count{% endfor %}
            {% for line in minus %}
            - {{ line }}_count{% endfor %}
            - end_count as bigint
        ) as residual_count,
        {{ money(
            'begin_amount + fx_amount + new_amount + moved_in_amount + transfer_in_amount'
            ~ ' + increase_amount - decrease_amount - moved_out_amount - transfer_out_amount'
            ~ ' - won_amount - lost_amount - deleted_amount - end_amount'
        ) }}
            as residual_amount,
        cast(lined.unconverted_count as bigint) as unconverted_count
    from lined
    inner join weeks on lined.week_start = weeks.period_start
    inner join scopes on lined.scope_no = scopes.scope_no
)

select * from final
