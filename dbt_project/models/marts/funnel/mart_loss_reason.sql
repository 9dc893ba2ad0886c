-- Grain: one row per period × scope × kind × stage × reason × competitor kind lost: deals whose
-- last attempt ended lost, by close date; a loss undone within 30 days is none. kind delayed 延迟签约:
-- expected close moved out of the period it stood in, by that period; no loss. stage reads (all),
-- or the stage lost from.
with

opportunities as (
    select * from {{ ref('fct_opportunity') }}
),

visits as (
    select * from {{ ref('fct_stage_visit') }}
),

segments as (
    select * from {{ ref('int_opportunity_segment') }} where not is_deleted
),

leaf_scopes as (
    select leaf_id, scope_no from {{ ref('int_leaf_scope') }}
),

scopes as (
    select * from {{ ref('int_scope') }}
),

numbered_periods as (
    select
        row_number() over (order by period_type, period_start) as period_no,
        period_type, period_start, period_end, period_label
    from {{ source('reference', 'period') }}
    where period_type <> 'custom'
),

periods as (
    select
        numbered_periods.*,
        lag(period_no) over (partition by period_type order by period_start) as previous_no
    from numbered_periods
),

closings as (
    select
        visits.opportunity_id,
        visits.visit_no,
        lag(visits.stage)
            over (partition by visits.opportunity_id order by visits.visit_no)
            as former_stage,
        row_number()
            over (partition by visits.opportunity_id order by visits.visit_no desc)
            as newness
    from visits
),

lost as (
    select
        segments.leaf_id,
        opportunities.closed_on,
        coalesce(closings.former_stage, 'unknown') as stage,
        coalesce(opportunities.loss_reason, 'unknown') as loss_reason,
        coalesce(opportunities.competitor, 'unknown') as competitor,
        coalesce(opportunities.amount, 0) as amount
    from opportunities
    inner join
        closings
        on opportunities.opportunity_id = closings.opportunity_id and closings.newness = 1
    inner join segments
        on
            closings.opportunity_id = segments.opportunity_id
            and closings.visit_no = segments.visit_no
            and segments.part_no = 1
    where opportunities.outcome = 'lost' and opportunities.closed_on <= {{ as_of() }}
),

moves as (
    select
        segments.*,
        lead(expected_close_on)
            over (partition by opportunity_id order by valid_from, visit_no, part_no)
            as next_close_on,
        lead(standing)
            over (partition by opportunity_id order by valid_from, visit_no, part_no)
            as next_standing
    from segments
),

slips as (
    select
        moves.opportunity_id, moves.leaf_id, moves.stage, moves.amount,
        moves.expected_close_on, moves.next_close_on
    from moves
    where
        moves.standing = 'open' and moves.next_standing = 'open'
        and moves.next_close_on > moves.expected_close_on
),

leaf_figures as (
    select
        'lost' as kind,
        periods.period_no,
        lost.leaf_id,
        lost.stage,
        lost.loss_reason,
        lost.competitor,
        count(*) as deal_count,
        sum(lost.amount) as amount,
        0 as delay_count,
        0 as delay_days
    from lost
    inner join
        periods
        on lost.closed_on >= periods.period_start and lost.closed_on <= periods.period_end
    group by 1, 2, 3, 4, 5, 6
    union all
    select
        'delayed' as kind,
        period_no,
        leaf_id,
        stage,
        'expected_close_moved' as loss_reason,
        'unknown' as competitor, sum(case when slip_no = 1 then 1 else 0 end) as deal_count,
        sum(case when slip_no = 1 then coalesce(amount, 0) else 0 end) as amount,
        count(*) as delay_count, sum(delay_days) as delay_days
    from (
        select
            periods.period_no, slips.leaf_id, slips.stage, slips.amount,
            {{ days_between('slips.expected_close_on', 'slips.next_close_on') }} as delay_days,
            row_number() over (
                partition by periods.period_no, slips.opportunity_id
                order by slips.next_close_on desc
            ) as slip_no
        from slips
        inner join periods
            on
                slips.expected_close_on >= periods.period_start
                and slips.expected_close_on <= periods.period_end
                and slips.next_close_on > periods.period_end
    ) as slipped
    group by period_no, leaf_id, stage
),

-- One number stands for what a row tells apart, and one for what its share is of: the many rows
-- below are grouped and joined by numbers, not by texts.
combinations as (
    select kind, stage, loss_reason, competitor
    from leaf_figures
    group by kind, stage, loss_reason, competitor
    union all
    select kind, '(all)' as stage, loss_reason, competitor
    from leaf_figures
    group by kind, loss_reason, competitor
),

cells as (
    select
        row_number() over (order by kind, stage, loss_reason, competitor) as cell_no,
        dense_rank() over (order by kind, stage) as part_no,
        combinations.*
    from combinations
),

{% set sums %}
        cast(sum(deal_count) as bigint) as deal_count,
        sum(amount) as amount,
        cast(sum(delay_count) as bigint) as delay_count,
        cast(sum(delay_days) as bigint) as delay_days
{%- endset %}
numbered as (
    select
        leaf_figures.period_no, leaf_figures.leaf_id, cells.cell_no,
        leaf_figures.deal_count, leaf_figures.amount, leaf_figures.delay_count,
        leaf_figures.delay_days
    from leaf_figures
    inner join cells
        on
            leaf_figures.kind = cells.kind and leaf_figures.stage = cells.stage
            and leaf_figures.loss_reason = cells.loss_reason
            and leaf_figures.competitor = cells.competitor
),

scoped as (
    select
        numbered.period_no, leaf_scopes.scope_no, numbered.cell_no,
        {{ sums }}
    from numbered
    inner join leaf_scopes on numbered.leaf_id = leaf_scopes.leaf_id
    group by numbered.period_no, leaf_scopes.scope_no, numbered.cell_no
),

staged as (
    select * from scoped
    union all
    select
        scoped.period_no, scoped.scope_no, whole.cell_no,
        {{ sums }}
    from scoped
    inner join cells on scoped.cell_no = cells.cell_no
    inner join cells as whole
        on
            cells.kind = whole.kind and whole.stage = '(all)'
            and cells.loss_reason = whole.loss_reason and cells.competitor = whole.competitor
    group by scoped.period_no, scoped.scope_no, whole.cell_no
),

wholes as (
    select
        staged.period_no, staged.scope_no, cells.part_no,
        sum(staged.deal_count) as all_count, sum(staged.amount) as all_amount
    from staged
    inner join cells on staged.cell_no = cells.cell_no
    group by staged.period_no, staged.scope_no, cells.part_no
),

final as (
    select
        periods.period_type,
        periods.period_start,
        periods.period_end,
        periods.period_label,
        scopes.scope_type,
        scopes.scope_id,
        scopes.scope_name,
        cells.kind,
        cells.stage,
        cells.loss_reason,
        cells.competitor,
        case when cells.kind = 'lost' then staged.deal_count else 0 end as lost_count,
        {{ money("case when cells.kind = 'lost' then staged.amount else 0 end") }} as lost_amount,
        case when cells.kind = 'delayed' then staged.deal_count else 0 end as delayed_count,
        {{ money("case when cells.kind = 'delayed' then staged.amount else 0 end") }}
            as delayed_amount,
        staged.delay_count as delay_times,
        staged.delay_days,
        {{ rate(ratio('staged.deal_count', 'wholes.all_count')) }} as count_share,
        {{ rate(ratio('staged.amount', 'wholes.all_amount')) }} as amount_share,
        coalesce(previous.deal_count, 0) as previous_count,
        {{ money('coalesce(previous.amount, 0)') }} as previous_amount,
        staged.deal_count - coalesce(previous.deal_count, 0) as count_change,
        {{ rate(ratio('previous.deal_count', 'previous_wholes.all_count')) }}
            as previous_count_share
    from staged
    inner join periods on staged.period_no = periods.period_no
    inner join cells on staged.cell_no = cells.cell_no
    inner join scopes on staged.scope_no = scopes.scope_no
    inner join wholes
        on
            staged.period_no = wholes.period_no and staged.scope_no = wholes.scope_no
            and cells.part_no = wholes.part_no
    left join staged as previous
        on
            periods.previous_no = previous.period_no
            and staged.scope_no = previous.scope_no and staged.cell_no = previous.cell_no
    left join wholes as previous_wholes
        on
            previous.period_no = previous_wholes.period_no
            and previous.scope_no = previous_wholes.scope_no
            and cells.part_no = previous_wholes.part_no
)

select * from final
