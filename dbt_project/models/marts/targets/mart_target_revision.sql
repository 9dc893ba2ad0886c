-- Grain: one row per change of a target: a dated revision, a correction, or a row deleted from its sheet
-- As was: what the figure before the change says today; as is: what the figure after it says.
with

lines as (
    select * from {{ source('cascade', 'target_line') }}
),

scopes as (
    select line, min(scope_type) as scope_type, min(scope_id) as scope_id
    from {{ ref('int_target_line_scope') }}
    group by line
),

actuals as (
    select * from {{ ref('int_actual_scope_period') }}
),

judged as (
    select
        lines.*,
        coalesce(effective_on, start_on) as in_effect_on,
        case
            when
                problem is null or problem in ('unknown_unit', 'unknown_person', 'finer_exceeds')
                then 1
            else 0
        end
            as accepted,
        dense_rank() over (
            order by
                metric,
                level,
                scenario,
                product_line,
                customer_type,
                holder_kind,
                holder_id,
                start_on,
                end_on
        ) as figure_no
    from lines
),

numbered as (
    select
        judged.*,
        sum(accepted) over (
            partition by figure_no
            order by
                recorded_on, in_effect_on, line
            rows between unbounded preceding and current row
        ) as accepted_no
    from judged
),

-- What stood before a change is the last figure that was accepted and not deleted, never one that was refused.
given as (
    select
        numbered.*,
        earlier.value as before_value,
        earlier.removed_on is null or earlier.removed_on >= numbered.recorded_on as is_before_standing
    from numbered
    inner join numbered as earlier
        on
            numbered.figure_no = earlier.figure_no
            and earlier.accepted = 1
            and earlier.accepted_no <= numbered.accepted_no - numbered.accepted
    qualify row_number() over (
        partition by numbered.line
        order by
            case when earlier.removed_on is null or earlier.removed_on >= numbered.recorded_on then 0 else 1 end,
            earlier.accepted_no desc
    ) = 1
),

-- Deleted from its sheet: a figure in force that ends with nothing recorded in its place that day. What an older
-- row that still stands says, counts again; without one the figure is nobody's and comes from longer period or parent.
deleted as (
    select numbered.*, remaining.value as remaining_value
    from numbered
    left join numbered as following
        on numbered.figure_no = following.figure_no and numbered.removed_on = following.recorded_on
    left join numbered as newer
        on
            numbered.figure_no = newer.figure_no
            and newer.accepted = 1
            and newer.accepted_no > numbered.accepted_no
            and newer.recorded_on < numbered.removed_on
            and (newer.removed_on is null or newer.removed_on >= numbered.removed_on)
    left join numbered as remaining
        on
            numbered.figure_no = remaining.figure_no
            and remaining.accepted = 1
            and remaining.accepted_no < numbered.accepted_no
            and (remaining.removed_on is null or remaining.removed_on > numbered.removed_on)
    where
        numbered.accepted = 1 and numbered.removed_on is not null
        and following.line is null and newer.line is null
    qualify row_number() over (partition by numbered.line order by remaining.accepted_no desc nulls last) = 1
),

changes as (
    select
        line, figure_no, metric, level, scenario, holder_id, period_type, start_on, end_on, period_label,
        changed_by, recorded_on, in_effect_on, reason, accepted, problem, message_zh, message_en, source, source_row,
        case when effective_on > start_on then 'revision' else 'correction' end as change_kind,
        case when is_before_standing then before_value end as before_value,
        value as after_value
    from given
    where not is_before_standing or value <> before_value
    union all
    select
        line, figure_no, metric, level, scenario, holder_id, period_type, start_on, end_on, period_label,
        cast(null as {{ dbt.type_string() }}) as changed_by, removed_on as recorded_on, start_on as in_effect_on,
        cast(null as {{ dbt.type_string() }}) as reason, accepted, problem, message_zh, message_en, source, source_row,
        'removal' as change_kind,
        value as before_value,
        remaining_value as after_value
    from deleted
    where remaining_value is null or remaining_value <> value
),

final as (
    select
        changes.line as change_id,
        changes.change_kind,
        changes.metric,
        changes.level,
        changes.scenario,
        coalesce(scopes.scope_type, 'unknown') as scope_type,
        coalesce(scopes.scope_id, changes.holder_id) as scope_id,
        changes.period_type,
        changes.start_on as period_start,
        changes.end_on as period_end,
        changes.period_label,
        {{ money('changes.before_value') }} as before_target,
        {{ money('changes.after_value') }} as after_target,
        {{ money('changes.after_value - changes.before_value') }} as change_amount,
        changes.changed_by,
        changes.recorded_on,
        changes.in_effect_on as effective_on,
        changes.reason,
        {{ money('actuals.actual') }} as actual,
        {{ ratio('actuals.actual', 'changes.before_value') }} as as_was_attainment_rate,
        {{ ratio('actuals.actual', 'changes.after_value') }} as as_is_attainment_rate,
        changes.accepted = 1 as is_accepted,
        changes.problem,
        changes.message_zh as problem_zh,
        changes.message_en as problem_en,
        changes.source,
        changes.source_row
    from changes
    left join scopes on changes.line = scopes.line
    left join actuals
        on
            changes.metric = actuals.metric and scopes.scope_type = actuals.scope_type
            and scopes.scope_id = actuals.scope_id and changes.period_type = actuals.period_type
            and changes.start_on = actuals.period_start and changes.end_on = actuals.period_end
)

select * from final
