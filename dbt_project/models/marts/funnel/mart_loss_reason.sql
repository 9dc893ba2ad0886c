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
    select * from {{ ref('int_leaf_scope') }}
),

periods as (
    select
        period_type, period_start, period_end, period_label,
        lag(period_start) over (partition by period_type order by period_start) as previous_start
    from {{ source('reference', 'period') }}
    where period_type <> 'custom'
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
        periods.period_type,
        periods.period_start,
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
    group by 1, 2, 3, 4, 5, 6, 7
    union all
    select
        'delayed' as kind,
        period_type,
        period_start,
        leaf_id,
        stage,
        'expected_close_moved' as loss_reason,
        'unknown' as competitor, sum(case when slip_no = 1 then 1 else 0 end) as deal_count,
        sum(case when slip_no = 1 then coalesce(amount, 0) else 0 end) as amount,
        count(*) as delay_count, sum(delay_days) as delay_days
    from (
        select
            periods.period_type, periods.period_start, slips.leaf_id, slips.stage, slips.amount,
            {{ days_between('slips.expected_close_on', 'slips.next_close_on') }} as delay_days,
            row_number() over (
                partition by periods.period_type, periods.period_start, slips.opportunity_id
                order by slips.next_close_on desc
            ) as slip_no
        from slips
        inner join periods
            on
                slips.expected_close_on >= periods.period_start
                and slips.expected_close_on <= periods.period_end
                and slips.next_close_on > periods.period_end
    ) as slipped
    group by period_type, period_start, leaf_id, stage
),

scoped as (
    select
        leaf_figures.kind,
        leaf_figures.period_type,
        leaf_figures.period_start,
        leaf_scopes.scope_type,
        leaf_scopes.scope_id, leaf_figures.stage, leaf_figures.loss_reason, leaf_figures.competitor,
        max(leaf_scopes.scope_name) as scope_name, sum(leaf_figures.deal_count) as deal_count,
        sum(leaf_figures.amount) as amount, sum(leaf_figures.delay_count) as delay_count,
        sum(leaf_figures.delay_days) as delay_days
    from leaf_figures
    inner join leaf_scopes on leaf_figures.leaf_id = leaf_scopes.leaf_id
    group by 1, 2, 3, 4, 5, 6, 7, 8
),

staged as (
    select * from scoped
    union all
    select
        kind,
        period_type,
        period_start,
        scope_type,
        scope_id,
        '(all)' as stage,
        loss_reason,
        competitor,
        max(scope_name) as scope_name, sum(deal_count) as deal_count, sum(amount) as amount,
        sum(delay_count) as delay_count, sum(delay_days) as delay_days
    from scoped
    group by kind, period_type, period_start, scope_type, scope_id, loss_reason, competitor
),

shared as (
    select
        staged.*,
        sum(deal_count)
            over (partition by kind, period_type, period_start, scope_type, scope_id, stage)
            as all_count,
        sum(amount)
            over (partition by kind, period_type, period_start, scope_type, scope_id, stage)
            as all_amount
    from staged
),

final as (
    select
        shared.period_type,
        shared.period_start,
        periods.period_end,
        periods.period_label,
        shared.scope_type,
        shared.scope_id,
        shared.scope_name,
        shared.kind,
        shared.stage,
        shared.loss_reason,
        shared.competitor,
        cast(case when shared.kind = 'lost' then shared.deal_count else 0 end as bigint)
            as lost_count,
        {{ money("case when shared.kind = 'lost' then shared.amount else 0 end") }} as lost_amount,
        cast(case when shared.kind = 'delayed' then shared.deal_count else 0 end as bigint)
            as delayed_count,
        {{ money("case when shared.kind = 'delayed' then shared.amount else 0 end") }}
            as delayed_amount,
        cast(shared.delay_count as bigint) as delay_times,
        cast(shared.delay_days as bigint) as delay_days,
        {{ rate(ratio('shared.deal_count', 'shared.all_count')) }} as count_share,
        {{ rate(ratio('shared.amount', 'shared.all_amount')) }} as amount_share,
        cast(coalesce(previous.deal_count, 0) as bigint) as previous_count,
        {{ money('coalesce(previous.amount, 0)') }} as previous_amount,
        cast(shared.deal_count - coalesce(previous.deal_count, 0) as bigint) as count_change,
        {{ rate(ratio('previous.deal_count', 'previous.all_count')) }} as previous_count_share
    from shared
    inner join
        periods
        on shared.period_type = periods.period_type and shared.period_start = periods.period_start
    left join shared as previous
        on
            shared.kind = previous.kind and shared.period_type = previous.period_type
            and periods.previous_start = previous.period_start
            and shared.scope_type = previous.scope_type and shared.scope_id = previous.scope_id
            and shared.stage = previous.stage and shared.loss_reason = previous.loss_reason
            and shared.competitor = previous.competitor
)

select * from final
