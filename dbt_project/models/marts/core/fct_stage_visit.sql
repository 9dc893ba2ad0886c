-- Grain: one row per opportunity and visit of a stage, attempts numbered
-- From recorded stage changes, from comparing exports, and from both: where a recorded event tells
-- of a change, it wins. Deleted opportunities are not here. Days of an export are right to ± 1 day.
with

opportunities as (
    select * from {{ ref('int_opportunity') }}
),

stages as (
    select * from {{ ref('int_pipeline_stage') }}
),

versions as (
    select * from {{ ref('int_opportunity_version') }} where not is_deleted
),

days as (
    select date_day, workday_index from {{ source('reference', 'calendar_day') }}
),

first_stages as (
    select pipeline, stage from stages where is_first and is_current
),

ranks as (
    select pipeline, stage, max(stage_order) as stage_order
    from stages
    group by pipeline, stage
),

events as (
    select
        events.opportunity_id,
        events.changed_on as seen_on,
        0 as is_export,
        -- Two changes at one moment run up the ladder.
        row_number() over (
            partition by events.opportunity_id
            order by events.changed_at, ranks.stage_order nulls last, events.source_row
        ) as place,
        events.to_stage as stage,
        events.from_stage,
        events.changed_by
    from {{ source('landed', 'stage_events') }} as events
    inner join opportunities on events.opportunity_id = opportunities.opportunity_id
    left join ranks on opportunities.pipeline = ranks.pipeline and events.to_stage = ranks.stage
),

exports as (
    select
        opportunity_id,
        least(shown_on, {{ as_of() }}) as seen_on,
        1 as is_export,
        version_no as place,
        stage,
        cast(null as {{ dbt.type_string() }}) as from_stage,
        cast(null as {{ dbt.type_string() }}) as changed_by
    from versions
    qualify
        version_no = 1
        or stage is distinct from lag(stage) over (partition by opportunity_id order by version_no)
),

sightings as (
    select * from events
    union all
    select * from exports
),

{% set in_time = 'seen_on, is_export, place' %}
told as (
    select
        sightings.*,
        {{ last_known('case when is_export = 0 then stage end', 'opportunity_id', in_time) }}
            as told_stage,
        {{ last_known('case when is_export = 0 then from_stage end', 'opportunity_id', in_time) }}
            as told_from_stage,
        {{ last_known('case when is_export = 0 then seen_on end', 'opportunity_id', in_time) }}
            as told_on,
        lead(stage) over (partition by opportunity_id order by {{ in_time }}) as next_stage,
        lead(from_stage)
            over (partition by opportunity_id order by {{ in_time }})
            as next_from_stage,
        lead(seen_on) over (partition by opportunity_id order by {{ in_time }}) as next_on,
        lead(is_export) over (partition by opportunity_id order by {{ in_time }}) as next_is_export
    from sightings
),

kept as (
    select *
    from told
    where
        is_export = 0
        or (
            told_stage is distinct from stage
            -- An export made hours before or after the change it does not yet, or already, show.
            and not coalesce(
                told_from_stage = stage and {{ days_between('told_on', 'seen_on') }} <= 1, false
            )
            and not coalesce(
                next_is_export = 0
                and next_stage = stage
                and {{ days_between('seen_on', 'next_on') }} <= 1,
                false
            )
        )
),

moved as (
    select
        kept.*,
        lag(stage) over (partition by opportunity_id order by {{ in_time }}) as previous_stage,
        lag(seen_on) over (partition by opportunity_id order by {{ in_time }}) as previous_on,
        lag(changed_by)
            over (partition by opportunity_id order by {{ in_time }})
            as previous_changed_by,
        row_number() over (partition by opportunity_id order by {{ in_time }}) as move_no,
        row_number() over (
            partition by opportunity_id order by seen_on desc, is_export desc, place desc
        ) as newness
    from kept
),

opened as (
    select
        moved.*,
        opportunities.pipeline,
        opportunities.created_on,
        opportunities.closed_on,
        stages.outcome,
        first_stages.stage as first_stage,
        versions.shown_on as first_shown_on,
        -- An export shows a new deal; only the first one also shows deals that were there before.
        coalesce(
            versions.shown_on > versions.source_first_on
            and opportunities.created_on >= versions.source_first_on, false
        ) as is_seen_from_start
    from moved
    inner join opportunities on moved.opportunity_id = opportunities.opportunity_id
    left join first_stages on opportunities.pipeline = first_stages.pipeline
    left join stages
        on
            opportunities.pipeline = stages.pipeline
            and moved.stage = stages.stage
            and stages.is_current
    left join versions on moved.opportunity_id = versions.opportunity_id and versions.version_no = 1
    where moved.move_no = 1 or moved.stage is distinct from moved.previous_stage
),

visited as (
    select
        opportunity_id,
        pipeline,
        stage,
        move_no,
        is_export,
        changed_by,
        previous_changed_by,
        first_shown_on,
        case
            when
                is_export = 1 and move_no = 1 and outcome = 'open'
                then least(coalesce(created_on, seen_on), seen_on)
            when
                is_export = 1 and outcome <> 'open' and newness = 1 and closed_on <= seen_on
                and (previous_on is null or closed_on >= previous_on) then closed_on
            else seen_on
        end as entered_on,
        case
            when is_export = 0 then 'event'
            when move_no > 1 or is_seen_from_start then 'snapshot'
            else 'imputed'
        end as precision,
        case
            when move_no > 1 then 'move'
            when is_export = 0 and from_stage is null then 'create'
            when is_export = 0 then 'move'
            when outcome <> 'open' or outcome is null then 'move'
            when is_seen_from_start then 'create'
            else 'import'
        end as first_cause,
        -- Left truncation: a deal that was open in the first export is at risk from that day.
        case
            when is_export = 0 or move_no > 1 or is_seen_from_start then null
            when outcome = 'open' then seen_on
        end as first_seen_on,
        coalesce(is_export = 0 or move_no > 1 or is_seen_from_start or outcome = 'open', false)
            as has_history
    from opened
    union all
    -- What stood before the first thing known: the stage that the first event left, or the first
    -- stage of a deal that was closed when first seen.
    select
        opportunity_id, pipeline,
        case when is_export = 0 then from_stage else first_stage end as stage,
        0 as move_no, is_export, cast(null as {{ dbt.type_string() }}) as changed_by,
        cast(null as {{ dbt.type_string() }}) as previous_changed_by, first_shown_on,
        least(
            coalesce(created_on, seen_on), seen_on,
            case when is_export = 1 then coalesce(closed_on, seen_on) else seen_on end
        ) as entered_on,
        case when is_export = 1 and is_seen_from_start then 'snapshot' else 'imputed' end
            as precision,
        case when is_export = 1 or from_stage = first_stage then 'create' else 'import' end
            as first_cause,
        cast(null as date) as first_seen_on,
        is_export = 1 and is_seen_from_start as has_history
    from opened
    where
        move_no = 1
        and case
            when is_export = 0 then from_stage is not null and from_stage <> stage
            else outcome <> 'open' and first_stage is not null
        end
),

ordered as (
    select
        visited.*,
        max(entered_on) over (
            partition by opportunity_id
            order by move_no rows between unbounded preceding and current row
        ) as settled_on
    from visited
),

ranked as (
    select
        ordered.opportunity_id,
        ordered.pipeline,
        stages.pipeline_version,
        ordered.stage,
        stages.stage_order,
        coalesce(stages.outcome, 'open') as outcome,
        coalesce(stages.is_signed, false) as is_signed,
        coalesce(stages.is_after_sale, false) as is_after_sale,
        coalesce(stages.is_first, false) as is_first,
        ordered.move_no,
        ordered.settled_on as entered_on,
        ordered.precision,
        ordered.first_cause,
        ordered.first_seen_on,
        ordered.has_history,
        ordered.first_shown_on,
        ordered.changed_by,
        ordered.previous_changed_by
    from ordered
    left join stages
        on
            ordered.pipeline = stages.pipeline
            and ordered.stage = stages.stage
            and {{ is_valid_on('stages', 'ordered.settled_on') }}
),

{% set by_visit = 'partition by opportunity_id order by move_no' %}
neighboured as (
    select
        ranked.*,
        row_number() over ({{ by_visit }}) as visit_no,
        lead(entered_on) over ({{ by_visit }}) as exited_on,
        lead(outcome) over ({{ by_visit }}) as next_outcome,
        lag(stage) over ({{ by_visit }}) as previous_stage,
        lag(stage_order) over ({{ by_visit }}) as previous_order,
        lag(outcome) over ({{ by_visit }}) as previous_outcome,
        lag(entered_on) over ({{ by_visit }}) as previous_entered_on
    from ranked
),

owner_changes as (
    select opportunity_id, shown_on as changed_on
    from versions
    qualify
        owner_id is distinct from lag(owner_id)
            over (partition by opportunity_id order by version_no)
        and amount is not distinct from lag(amount)
            over (partition by opportunity_id order by version_no)
        and version_no > 1
),

first_owners as (
    select opportunity_id, owner_id from versions where version_no = 1
),

reset as (
    select
        neighboured.*,
        -- Back to stage one within a day of an owner change, the amount unchanged. Before the first
        -- export the hand that made the change tells: not the former hand, and the owner ever
        -- after.
        neighboured.is_first
        and coalesce(neighboured.previous_outcome = 'open', false)
        and coalesce(neighboured.previous_order > neighboured.stage_order, false)
        and (
            owner_changes.changed_on is not null
            or coalesce(
                neighboured.entered_on <= neighboured.first_shown_on
                and neighboured.changed_by <> neighboured.previous_changed_by
                and neighboured.changed_by = first_owners.owner_id,
                false
            )
        ) as is_transfer_reset
    from neighboured
    left join (
        select visits.opportunity_id, visits.visit_no, min(changes.changed_on) as changed_on
        from neighboured as visits
        inner join owner_changes as changes
            on
                visits.opportunity_id = changes.opportunity_id
                and {{ days_between('visits.entered_on', 'changes.changed_on') }} between -1 and 1
        where visits.is_first
        group by 1, 2
    ) as owner_changes
        on
            neighboured.opportunity_id = owner_changes.opportunity_id
            and neighboured.visit_no = owner_changes.visit_no
    left join first_owners on neighboured.opportunity_id = first_owners.opportunity_id
),

caused as (
    select
        reset.*,
        case
            when is_transfer_reset then 'transfer_reset'
            when previous_outcome <> 'open' and outcome = 'open' then 'reopen'
            else first_cause
        end as cause,
        -- Lost and open again within 30 days: the loss did not happen. Later, it is a new attempt.
        coalesce(
            outcome = 'lost'
            and next_outcome = 'open'
            and {{ days_between('entered_on', 'exited_on') }} <= 30,
            false
        ) as is_undone_loss,
        sum(
            case
                when
                    previous_outcome = 'lost' and outcome = 'open'
                    and {{ days_between('previous_entered_on', 'entered_on') }} > 30 then 1
                else 0
            end
        ) over ({{ by_visit }} rows between unbounded preceding and current row) + 1 as attempt_no
    from reset
),

standing as (
    select
        caused.*,
        greatest(
            stage_order,
            coalesce(
                max(case when is_transfer_reset then previous_order end) over (
                    partition by opportunity_id, attempt_no order by visit_no
                    rows between unbounded preceding and current row
                ), stage_order
            )
        ) as effective_order
    from caused
),

compared as (
    select
        standing.*,
        lag(effective_order)
            over (partition by opportunity_id, attempt_no order by visit_no)
            as previous_effective_order,
        max(case when outcome = 'open' then effective_order end) over (
            partition by opportunity_id, attempt_no
            order by visit_no rows between unbounded preceding and 1 preceding
        ) as highest_order
    from standing
),

final as (
    select
        compared.opportunity_id,
        cast(compared.attempt_no as bigint) as attempt_no,
        cast(compared.visit_no as bigint) as visit_no,
        compared.pipeline,
        compared.pipeline_version,
        compared.stage,
        compared.stage_order,
        compared.effective_order,
        compared.outcome,
        compared.is_signed,
        compared.is_after_sale,
        compared.entered_on,
        compared.exited_on,
        compared.changed_by as entered_by,
        compared.precision,
        compared.cause,
        coalesce(
            compared.cause = 'move'
            and compared.outcome = 'open'
            and compared.previous_outcome = 'open'
            and compared.effective_order < coalesce(
                greatest(earlier.stage_order, case
                    when compared.previous_effective_order > compared.previous_order
                        then compared.previous_effective_order
                end),
                compared.previous_effective_order
            ),
            false
        ) as is_step_back,
        coalesce(
            compared.visit_no = 1 or (
                compared.cause in ('move', 'create') and compared.outcome in ('open', 'won')
                and compared.effective_order > compared.highest_order
            ) or (compared.cause = 'reopen' and compared.highest_order is null),
            false
        ) as is_advance,
        compared.is_undone_loss,
        compared.first_seen_on,
        compared.has_history,
        entry_days.workday_index as entered_workday_index,
        coalesce(exit_days.workday_index, today.workday_index)
        - entry_days.workday_index as stay_workdays
    from compared
    cross join days as today
    -- The stage before, ranked by the list that was in force at this entry.
    left join stages as earlier
        on
            compared.pipeline = earlier.pipeline
            and compared.previous_stage = earlier.stage
            and compared.pipeline_version = earlier.pipeline_version
    left join days as entry_days on compared.entered_on = entry_days.date_day
    left join days as exit_days on compared.exited_on = exit_days.date_day
    where today.date_day = {{ as_of() }}
)

select * from final
