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

ordered as (
    select
        lines.*,
        coalesce(effective_on, start_on) as in_effect_on,
        lag(line) over (
            partition by
                metric, level, scenario, product_line, customer_type, holder_kind, holder_id, start_on, end_on
            order by recorded_on, coalesce(effective_on, start_on), line
        ) as earlier_line,
        lag(value) over (
            partition by
                metric, level, scenario, product_line, customer_type, holder_kind, holder_id, start_on, end_on
            order by recorded_on, coalesce(effective_on, start_on), line
        ) as before_value
    from lines
),

changes as (
    select *, 'revision' as change_kind, value as after_value from ordered
    where earlier_line is not null and value <> before_value and effective_on > start_on
    union all
    select *, 'correction' as change_kind, value as after_value from ordered
    where earlier_line is not null and value <> before_value and coalesce(effective_on, start_on) <= start_on
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
        changes.problem is null or changes.problem in ('unknown_unit', 'unknown_person', 'finer_exceeds')
            as is_accepted,
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
