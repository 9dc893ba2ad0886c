-- Grain: one row per pipeline × stage × week or month × scope begin + in = advance + lost + back +
-- out_other + end, by count and by amount. A transfer enters only scopes that it leaves or enters;
-- a rise of the amount is in, a fall is out_other. Stocks are counted apart from movements, so that
-- the residual says something.
{% set lines = ['begin', 'in', 'advance', 'lost', 'back', 'out_other', 'end'] %}
with

segments as (
    select *, cast(round(coalesce(amount, 0), 2) as decimal(18, 2)) as cents
    from {{ ref('int_opportunity_segment') }}
    where outcome = 'open' and not is_after_sale and not is_deleted
),

visits as (
    select
        opportunity_id,
        visit_no,
        effective_order,
        lead(outcome) over (partition by opportunity_id order by visit_no) as next_outcome,
        lead(effective_order) over (partition by opportunity_id order by visit_no) as next_order,
        lead(cause) over (partition by opportunity_id order by visit_no) as next_cause,
        lead(is_step_back) over (partition by opportunity_id order by visit_no) as next_is_step_back
    from {{ ref('fct_stage_visit') }}
),

leaf_scopes as (
    select * from {{ ref('int_leaf_scope') }}
),

periods as (
    select
        period_type,
        period_start,
        period_end,
        period_label,
        least(period_end, {{ as_of() }}) as last_on,
        {{ days_after('period_start', -1) }} as begin_on
    from {{ source('reference', 'period') }}
    where
        period_type in ('week', 'month')
        and period_start <= {{ as_of() }}
        and period_end >= (select min(segments.valid_from) from segments)
),

exits as (
    select
        segments.*,
        case
            when visits.next_outcome = 'won' then 'advance'
            when visits.next_outcome = 'lost' then 'lost'
            when visits.next_is_step_back then 'back'
            when
                visits.next_cause = 'move' and visits.next_order > visits.effective_order
                then 'advance'
            else 'out_other'
        end as exit_kind
    from segments
    inner join visits
        on segments.opportunity_id = visits.opportunity_id and segments.visit_no = visits.visit_no
    where segments.part_no = segments.part_count and segments.valid_before <= {{ as_of() }}
),

handed_on as (
    select
        former.pipeline, former.stage, latter.valid_from as posted_on,
        former.leaf_id as from_leaf_id, latter.leaf_id as to_leaf_id,
        former.cents as from_amount, latter.cents as to_amount
    from segments as former
    inner join segments as latter
        on
            former.opportunity_id = latter.opportunity_id
            and former.visit_no = latter.visit_no
            and former.part_no + 1 = latter.part_no
),

leaf_postings as (
    select
        pipeline, stage, leaf_id,
        valid_from as posted_on,
        1 as in_count,
        cents as in_amount,
        0 as advance_count,
        0 as advance_amount,
        0 as lost_count,
        0 as lost_amount,
        0 as back_count, 0 as back_amount, 0 as out_other_count, 0 as out_other_amount
    from segments
    where part_no = 1
    union all
    select
        pipeline, stage, leaf_id,
        valid_before as posted_on,
        0 as in_count, 0 as in_amount
        {%- for line in ['advance', 'lost', 'back', 'out_other'] %},
        case when exit_kind = '{{ line }}' then 1 else 0 end as {{ line }}_count,
        case when exit_kind = '{{ line }}' then cents else 0 end as {{ line }}_amount
        {%- endfor %}
    from exits
    union all
    select
        pipeline, stage, from_leaf_id as leaf_id, posted_on,
        0 as in_count,
        greatest(to_amount - from_amount, 0) as in_amount,
        0 as advance_count,
        0 as advance_amount,
        0 as lost_count, 0 as lost_amount, 0 as back_count, 0 as back_amount,
        0 as out_other_count, greatest(from_amount - to_amount, 0) as out_other_amount
    from handed_on
    where from_leaf_id = to_leaf_id and from_amount <> to_amount
),

leaf_periods as (
    select
        leaf_postings.pipeline,
        leaf_postings.stage,
        periods.period_type,
        periods.period_start,
        leaf_postings.leaf_id
        {%- for line in ['in', 'advance', 'lost', 'back', 'out_other'] %},
        sum({{ line }}_count) as {{ line }}_count, sum({{ line }}_amount) as {{ line }}_amount
        {%- endfor %}
    from leaf_postings
    inner join periods
        on
            leaf_postings.posted_on >= periods.period_start
            and leaf_postings.posted_on <= periods.last_on
    group by 1, 2, 3, 4, 5
),

-- Who changed hands: the two sides meet in every scope that holds both, and cancel there.
sides as (
    select
        handed_on.pipeline,
        handed_on.stage,
        handed_on.posted_on,
        handed_on.from_leaf_id,
        handed_on.to_leaf_id,
        handed_on.from_amount, handed_on.to_amount, leaf_scopes.scope_no, 1 as is_from, 0 as is_to
    from handed_on
    inner join leaf_scopes on handed_on.from_leaf_id = leaf_scopes.leaf_id
    where handed_on.from_leaf_id <> handed_on.to_leaf_id
    union all
    select
        handed_on.pipeline,
        handed_on.stage,
        handed_on.posted_on,
        handed_on.from_leaf_id,
        handed_on.to_leaf_id,
        handed_on.from_amount, handed_on.to_amount, leaf_scopes.scope_no, 0 as is_from, 1 as is_to
    from handed_on
    inner join leaf_scopes on handed_on.to_leaf_id = leaf_scopes.leaf_id
    where handed_on.from_leaf_id <> handed_on.to_leaf_id
),

-- Deals that change hands the same way on the same day are told apart by nothing but their number.
met as (
    select
        pipeline, stage, posted_on, scope_no, from_leaf_id, to_leaf_id, from_amount, to_amount,
        sum(is_from) as from_count, sum(is_to) as to_count
    from sides
    group by pipeline, stage, posted_on, scope_no, from_leaf_id, to_leaf_id, from_amount, to_amount
),

transfers as (
    select
        met.pipeline, met.stage, periods.period_type, periods.period_start, met.scope_no,
        sum(case when met.from_count = 0 then met.to_count else 0 end) as in_count,
        sum(case
            when met.from_count = 0 then met.to_count * met.to_amount
            when met.to_count > 0 then met.to_count * greatest(met.to_amount - met.from_amount, 0)
            else 0
        end) as in_amount,
        sum(case when met.to_count = 0 then met.from_count else 0 end) as out_other_count,
        sum(case
            when met.to_count = 0 then met.from_count * met.from_amount
            when
                met.from_count > 0
                then met.from_count * greatest(met.from_amount - met.to_amount, 0)
            else 0
        end) as out_other_amount
    from met
    inner join periods on met.posted_on >= periods.period_start and met.posted_on <= periods.last_on
    group by 1, 2, 3, 4, 5
),

stock_days as (
    select last_on as stock_on from periods
    union
    select begin_on as stock_on from periods
),

leaf_stocks as (
    select
        segments.pipeline, segments.stage, stock_days.stock_on, segments.leaf_id,
        count(*) as deal_count, sum(segments.cents) as amount
    from segments
    inner join stock_days
        on
            segments.valid_from <= stock_days.stock_on
            and segments.valid_before > stock_days.stock_on
    group by 1, 2, 3, 4
),

stocks as (
    select
        leaf_stocks.pipeline, leaf_stocks.stage, leaf_stocks.stock_on, leaf_scopes.scope_no,
        sum(leaf_stocks.deal_count) as deal_count, sum(leaf_stocks.amount) as amount
    from leaf_stocks
    inner join leaf_scopes on leaf_stocks.leaf_id = leaf_scopes.leaf_id
    group by 1, 2, 3, 4
),

{% set zero = '0 as {0}_count, 0 as {0}_amount' %}
entries as (
    select
        leaf_periods.pipeline,
        leaf_periods.stage,
        leaf_periods.period_type,
        leaf_periods.period_start,
        leaf_scopes.scope_no,
        0 as begin_count, 0 as begin_amount
        {%- for line in ['in', 'advance', 'lost', 'back', 'out_other'] %},
        leaf_periods.{{ line }}_count, leaf_periods.{{ line }}_amount
        {%- endfor %},
        0 as end_count, 0 as end_amount
    from leaf_periods
    inner join leaf_scopes on leaf_periods.leaf_id = leaf_scopes.leaf_id
    union all
    select
        pipeline, stage, period_type, period_start, scope_no,
        0 as begin_count, 0 as begin_amount, in_count, in_amount,
        0 as advance_count,
        0 as advance_amount,
        0 as lost_count,
        0 as lost_amount,
        0 as back_count,
        0 as back_amount,
        out_other_count, out_other_amount, 0 as end_count, 0 as end_amount
    from transfers
    union all
    select
        stocks.pipeline, stocks.stage, periods.period_type, periods.period_start, stocks.scope_no,
        stocks.deal_count as begin_count, stocks.amount as begin_amount,
        {%- for line in ['in', 'advance', 'lost', 'back', 'out_other', 'end'] %}
        {{ zero.format(line) }}{{ ',' if not loop.last }}
        {%- endfor %}
    from stocks
    inner join periods on stocks.stock_on = periods.begin_on
    union all
    select
        stocks.pipeline, stocks.stage, periods.period_type, periods.period_start, stocks.scope_no
        {%- for line in ['begin', 'in', 'advance', 'lost', 'back', 'out_other'] %},
        {{ zero.format(line) }}{% endfor %},
        stocks.deal_count as end_count, stocks.amount as end_amount
    from stocks
    inner join periods on stocks.stock_on = periods.last_on
),

summed as (
    select
        pipeline, stage, period_type, period_start, scope_no
        {%- for line in lines %},
        sum({{ line }}_count) as {{ line }}_count, sum({{ line }}_amount) as {{ line }}_amount
        {%- endfor %}
    from entries
    group by 1, 2, 3, 4, 5
),

scope_names as (
    select * from {{ ref('int_scope') }}
),

stages as (
    select pipeline, stage, stage_order from {{ ref('int_pipeline_stage') }} where is_current
),

final as (
    select
        summed.pipeline,
        summed.stage,
        cast(stages.stage_order as bigint) as stage_order,
        summed.period_type,
        summed.period_start,
        periods.period_end,
        periods.period_label,
        scope_names.scope_type,
        scope_names.scope_id,
        scope_names.scope_name
        {%- for line in lines %},
        cast(summed.{{ line }}_count as bigint) as {{ line }}_count,
        {{ money('summed.' ~ line ~ '_amount') }} as {{ line }}_amount
        {%- endfor %},
        cast(
            begin_count
            + in_count
            - advance_count
            - lost_count
            - back_count
            - out_other_count
            - end_count as bigint
        )
            as residual_count,
        {{ money(
            'begin_amount + in_amount - advance_amount - lost_amount'
            ~ ' - back_amount - out_other_amount - end_amount'
        ) }}
            as residual_amount,
        {{ rate(ratio('advance_count', 'in_count')) }} as flow_rate,
        case when in_count = 0 then 'no_entries' end as flow_rate_reason
    from summed
    inner join
        periods
        on summed.period_type = periods.period_type and summed.period_start = periods.period_start
    inner join scope_names on summed.scope_no = scope_names.scope_no
    left join stages on summed.pipeline = stages.pipeline and summed.stage = stages.stage
)

select * from final
