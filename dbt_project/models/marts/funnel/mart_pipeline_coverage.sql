-- Grain: one row per period (running or to come) × scope
-- Open deals expected to close in the period against what its signed-amount target still misses.
-- Signed deals are in neither; an expected close that has passed is a bucket of its own, shown in
-- running periods.
{% set past_periods = 8 %}
{% set least_stages = (2, 3, 4) %}
with

attainment as (
    select * from {{ ref('mart_target_attainment') }}
    where metric = 'signed_amount' and is_in_force
),

deals as (
    select * from {{ ref('int_open_opportunity') }}
),

segments as (
    select * from {{ ref('int_opportunity_segment') }} where not is_deleted
),

leaf_scopes as (
    select * from {{ ref('int_leaf_scope') }}
),

days as (
    select date_day, workday_index from {{ source('reference', 'calendar_day') }}
),

company as (
    select * from {{ source('reference', 'company') }}
),

periods as (
    select
        target_periods.period_type,
        target_periods.period_start,
        target_periods.period_end,
        target_periods.period_label,
        row_number()
            over (partition by target_periods.period_type order by target_periods.period_start)
            as period_no,
        target_periods.period_start <= company.as_of
        and target_periods.period_end >= company.as_of as is_running
    from {{ ref('int_target_period') }} as target_periods
    cross join company
),

ahead as (
    select * from periods where period_end >= {{ as_of() }}
),

-- Won by their last stage, without an order yet.
unordered as (
    select
        opportunity_id, leaf_id, amount, valid_before,
        min(valid_from) over (partition by opportunity_id, standing) as signed_on
    from segments
    where standing = 'won' and order_signed_on is null
),

leaf_open as (
    select
        ahead.period_type,
        ahead.period_start,
        ahead.period_end,
        deals.leaf_id,
        sum(case when deals.expected_close_on >= {{ as_of() }} then 1 else 0 end) as open_count,
        sum(
            case
                when deals.expected_close_on >= {{ as_of() }} then coalesce(deals.amount, 0) else 0
            end
        ) as open_amount,
        sum(case
            when deals.expected_close_on >= {{ as_of() }}
                then {{ exact('coalesce(deals.amount * deals.win_probability_rate, 0)') }}
            else 0
        end) as weighted_amount,
        sum(case
            when deals.expected_close_on >= {{ as_of() }}
                then {{ exact(
                    'coalesce(' ~ wide_product('deals.amount', 'deals.typed_probability_rate') ~ ', 0)'
                ) }}
            else 0
        end) as typed_weighted_amount,
        sum(
            case
                when
                    deals.expected_close_on >= {{ as_of() }} and not deals.is_calibrated
                    then 1
                else 0
            end
        )
            as uncalibrated_count,
        {%- for k in least_stages %}
        sum(case
            when deals.expected_close_on >= {{ as_of() }} and deals.stage_order >= {{ k }}
                then coalesce(deals.amount, 0)
            else 0
        end) as open_amount_stage_{{ k }},
        {%- endfor %}
        sum(case when deals.amount is null then 1 else 0 end) as unconverted_count,
        sum(case when deals.expected_close_on < {{ as_of() }} then 1 else 0 end) as overdue_count,
        sum(
            case
                when deals.expected_close_on < {{ as_of() }} then coalesce(deals.amount, 0) else 0
            end
        ) as overdue_amount,
        0 as signed_without_order_count,
        0 as signed_without_order_amount
    from ahead
    inner join deals
        on
            (
                ahead.period_start <= deals.expected_close_on
                and ahead.period_end >= deals.expected_close_on
                and deals.expected_close_on >= {{ as_of() }}
            )
            or (deals.expected_close_on < {{ as_of() }} and ahead.is_running)
    group by 1, 2, 3, 4
    union all
    -- Signed in the period, but no order yet: in no pipeline and in no actual.
    select
        ahead.period_type, ahead.period_start, ahead.period_end, unordered.leaf_id,
        0 as open_count,
        0 as open_amount,
        0 as weighted_amount,
        0 as typed_weighted_amount,
        0 as uncalibrated_count,
        {%- for k in least_stages %}
        0 as open_amount_stage_{{ k }},
        {%- endfor %}
        0 as unconverted_count, 0 as overdue_count, 0 as overdue_amount,
        count(*) as signed_without_order_count,
        sum(coalesce(unordered.amount, 0)) as signed_without_order_amount
    from ahead
    inner join unordered
        on
            ahead.period_start <= unordered.signed_on and ahead.period_end >= unordered.signed_on
            and unordered.valid_before > {{ as_of() }}
    cross join company
    where company.signed_amount_source = 'orders'
    group by 1, 2, 3, 4
),

opened as (
    select
        leaf_open.period_type, leaf_open.period_start, leaf_open.period_end,
        leaf_scopes.scope_type, leaf_scopes.scope_id,
        sum(leaf_open.open_count) as open_count,
        sum(leaf_open.open_amount) as open_amount,
        sum(leaf_open.weighted_amount) as weighted_amount,
        sum(leaf_open.typed_weighted_amount) as typed_weighted_amount,
        sum(leaf_open.uncalibrated_count) as uncalibrated_count,
        {%- for k in least_stages %}
        sum(open_amount_stage_{{ k }}) as open_amount_stage_{{ k }},
        {%- endfor %}
        sum(leaf_open.unconverted_count) as unconverted_count,
        sum(leaf_open.overdue_count) as overdue_count,
        sum(leaf_open.overdue_amount) as overdue_amount,
        sum(leaf_open.signed_without_order_count) as signed_without_order_count,
        sum(leaf_open.signed_without_order_amount) as signed_without_order_amount
    from leaf_open
    inner join leaf_scopes on leaf_open.leaf_id = leaf_scopes.leaf_id
    group by 1, 2, 3, 4, 5
),

-- Past yield at the same workday of earlier periods: what was won in the period of what stood open
-- then.
elapsed as (
    select
        ahead.period_type,
        ahead.period_start,
        ahead.period_no,
        case when ahead.is_running then today.workday_index - eve.workday_index else 0 end
            as workdays_elapsed
    from ahead
    cross join days as today
    inner join days as eve on eve.date_day = {{ days_after('ahead.period_start', -1) }}
    where today.date_day = {{ as_of() }} and ahead.period_type <> 'custom'
),

closed as (
    select
        periods.*,
        eve.workday_index as eve_index,
        row_number()
            over (partition by periods.period_type order by periods.period_no desc)
            as recency
    from periods
    inner join days as eve on eve.date_day = {{ days_after('periods.period_start', -1) }}
    where periods.period_end < {{ as_of() }} and periods.period_type <> 'custom'
),

looks as (
    select
        wanted.period_type,
        wanted.workdays_elapsed,
        closed.period_start as past_start,
        closed.period_end as past_end,
        max(days.date_day) as look_on
    from (select period_type, workdays_elapsed from elapsed group by 1, 2) as wanted
    inner join
        closed
        on wanted.period_type = closed.period_type and closed.recency <= {{ past_periods }}
    inner join days
        on
            days.date_day >= {{ days_after('closed.period_start', -1) }}
            and closed.period_end >= days.date_day
            and days.workday_index - closed.eve_index <= wanted.workdays_elapsed
    group by 1, 2, 3, 4
),

wins as (
    select opportunity_id, valid_from as won_on from segments where standing = 'won'
),

stood as (
    select
        looks.period_type,
        looks.workdays_elapsed,
        looks.past_start,
        segments.opportunity_id,
        segments.leaf_id,
        segments.stage_order, coalesce(segments.amount, 0) as amount,
        max(
            case
                when wins.won_on > looks.look_on and wins.won_on <= looks.past_end then 1 else 0
            end
        ) as is_won
    from looks
    inner join segments
        on
            {{ is_valid_on('segments', 'looks.look_on') }}
            and segments.standing = 'open'
            and looks.look_on < segments.expected_close_on
            and looks.past_end >= segments.expected_close_on
    left join wins on segments.opportunity_id = wins.opportunity_id
    group by 1, 2, 3, 4, 5, 6, 7
),

leaf_yields as (
    select
        period_type, workdays_elapsed, past_start, leaf_id, sum(amount) as stood_amount,
        sum(case when is_won = 1 then amount else 0 end) as won_amount
        {%- for k in least_stages %},
        sum(case when stage_order >= {{ k }} then amount else 0 end) as stood_amount_stage_{{ k }},
        sum(case when stage_order >= {{ k }} and is_won = 1 then amount else 0 end)
            as won_amount_stage_{{ k }}
        {%- endfor %}
    from stood
    group by 1, 2, 3, 4
),

yields as (
    select
        leaf_yields.period_type,
        leaf_yields.workdays_elapsed,
        leaf_scopes.scope_type,
        leaf_scopes.scope_id,
        count(distinct leaf_yields.past_start) as past_period_count,
        sum(leaf_yields.stood_amount) as stood_amount, sum(leaf_yields.won_amount) as won_amount
        {%- for k in least_stages %},
        sum(leaf_yields.stood_amount_stage_{{ k }}) as stood_amount_stage_{{ k }},
        sum(leaf_yields.won_amount_stage_{{ k }}) as won_amount_stage_{{ k }}
        {%- endfor %}
    from leaf_yields
    inner join leaf_scopes on leaf_yields.leaf_id = leaf_scopes.leaf_id
    group by 1, 2, 3, 4
),

frame as (
    select period_type, period_start, period_end, scope_type, scope_id from opened
    union
    select
        attainment.period_type,
        attainment.period_start,
        attainment.period_end,
        attainment.scope_type,
        attainment.scope_id
    from attainment
    inner join ahead
        on
            attainment.period_type = ahead.period_type
            and attainment.period_start = ahead.period_start
            and attainment.period_end = ahead.period_end
),

scope_names as (
    select scope_type, scope_id, scope_name from {{ ref('int_scope') }}
),

compared as (
    select
        ahead.period_type,
        ahead.period_start,
        ahead.period_end,
        ahead.period_label,
        frame.scope_type,
        frame.scope_id,
        coalesce(scope_names.scope_name, attainment.scope_name, frame.scope_id) as scope_name,
        attainment.target,
        coalesce(attainment.actual, 0) as actual,
        case
            when
                attainment.target is not null
                then greatest(attainment.target - coalesce(attainment.actual, 0), 0)
        end
            as remaining_gap
        {%- for column in [
            'open_count', 'open_amount', 'weighted_amount', 'typed_weighted_amount',
            'uncalibrated_count', 'unconverted_count', 'overdue_count', 'overdue_amount',
            'signed_without_order_count', 'signed_without_order_amount',
        ] %},
        coalesce(opened.{{ column }}, 0) as {{ column }}
        {%- endfor %},
        coalesce(yields.past_period_count, 0) as past_period_count,
        yields.stood_amount as past_open_amount,
        yields.won_amount as past_won_amount
        {%- for k in least_stages %},
        coalesce(opened.open_amount_stage_{{ k }}, 0) as open_amount_stage_{{ k }},
        yields.stood_amount_stage_{{ k }} as past_open_amount_stage_{{ k }},
        yields.won_amount_stage_{{ k }} as past_won_amount_stage_{{ k }}
        {%- endfor %}
    from frame
    inner join ahead
        on
            frame.period_type = ahead.period_type and frame.period_start = ahead.period_start
            and frame.period_end = ahead.period_end
    left join attainment
        on
            frame.period_type = attainment.period_type
            and frame.period_start = attainment.period_start
            and frame.period_end = attainment.period_end
            and frame.scope_type = attainment.scope_type and frame.scope_id = attainment.scope_id
    left join opened
        on
            frame.period_type = opened.period_type and frame.period_start = opened.period_start
            and frame.period_end = opened.period_end
            and frame.scope_type = opened.scope_type and frame.scope_id = opened.scope_id
    left join
        scope_names
        on frame.scope_type = scope_names.scope_type and frame.scope_id = scope_names.scope_id
    left join
        elapsed
        on frame.period_type = elapsed.period_type and frame.period_start = elapsed.period_start
    left join yields
        on
            frame.period_type = yields.period_type
            and elapsed.workdays_elapsed = yields.workdays_elapsed
            and frame.scope_type = yields.scope_type and frame.scope_id = yields.scope_id
),

final as (
    select
        period_type,
        period_start,
        period_end,
        period_label,
        scope_type,
        scope_id,
        scope_name,
        {{ money('target') }} as target,
        {{ money('actual') }} as actual,
        {{ money('remaining_gap') }} as remaining_gap,
        cast(open_count as bigint) as open_count,
        {{ money('open_amount') }} as open_amount,
        {{ exact_money('weighted_amount') }} as weighted_amount,
        case when uncalibrated_count > 0 then 'insufficient_history' end as weighted_reason,
        cast(uncalibrated_count as bigint) as uncalibrated_count,
        {{ exact_money('typed_weighted_amount') }} as typed_weighted_amount,
        cast(overdue_count as bigint) as overdue_count,
        {{ money('overdue_amount') }} as overdue_amount,
        cast(signed_without_order_count as bigint) as signed_without_order_count,
        {{ money('signed_without_order_amount') }} as signed_without_order_amount,
        cast(unconverted_count as bigint) as unconverted_count,
        case
            when remaining_gap > 0 then {{ rate(ratio('open_amount', 'remaining_gap')) }}
        end as coverage_ratio,
        case when target is null then 'no_target' when remaining_gap = 0 then 'covered' end
            as coverage_ratio_reason,
        {{ exact_money(
            'case when target is not null'
            ~ ' then greatest(target - actual - coalesce(weighted_amount, 0), 0) end'
        ) }}
            as residual_gap,
        case
            when
                past_period_count >= 4
                then {{ rate(ratio('past_open_amount', 'past_won_amount')) }}
        end
            as required_coverage,
        case
            when past_period_count < 4 then 'insufficient_history'
            when coalesce(past_won_amount, 0) = 0 then 'no_yield'
        end as required_coverage_reason,
        cast(past_period_count as bigint) as past_period_count,
        {{ money('past_open_amount') }} as past_open_amount,
        {{ money('past_won_amount') }} as past_won_amount
        {%- for k in least_stages %},
        {{ money('open_amount_stage_' ~ k) }} as open_amount_stage_{{ k }},
        case
            when remaining_gap > 0 then {{ rate(ratio('open_amount_stage_' ~ k, 'remaining_gap')) }}
        end
            as coverage_ratio_stage_{{ k }},
        case
            when past_period_count >= 4
                then {{ rate(ratio('past_open_amount_stage_' ~ k, 'past_won_amount_stage_' ~ k)) }}
        end as required_coverage_stage_{{ k }},
        {{ money('past_open_amount_stage_' ~ k) }} as past_open_amount_stage_{{ k }},
        {{ money('past_won_amount_stage_' ~ k) }} as past_won_amount_stage_{{ k }}
        {%- endfor %}
    from compared
)

select * from final
