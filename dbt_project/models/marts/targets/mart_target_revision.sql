-- Grain: one row per change of a target: a dated revision or a correction
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

-- What stood before a change is the last figure that was accepted, not one that was refused.
changes as (
    select
        numbered.*,
        earlier.value as before_value,
        numbered.value as after_value,
        case when numbered.effective_on > numbered.start_on then 'revision' else 'correction' end
            as change_kind
    from numbered
    inner join numbered as earlier
        on
            numbered.figure_no = earlier.figure_no
            and earlier.accepted = 1
            and earlier.accepted_no = numbered.accepted_no - numbered.accepted
    where numbered.value <> earlier.value
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
