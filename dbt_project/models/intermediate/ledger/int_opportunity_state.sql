-- Grain: one row per opportunity and point in time at which its stage or its amount changed
-- Stages come from recorded stage changes; after the last of those, and where none are
-- recorded, from
-- comparing exports. Amounts come from exports: what was known at the end of that day.
-- Nothing where orders are what is signed: none of it would be booked.
with

company as (
    select * from {{ source('reference', 'company') }}
    where signed_amount_source = 'won_opportunities'
),

versions as (
    select
        kept.*,
        lag(kept.stage)
            over (partition by kept.opportunity_id order by kept.version_no)
            as previous_stage,
        case
            when
                lag(kept.version_no)
                    over (partition by kept.opportunity_id order by kept.version_no)
                is null
                then cast('1900-01-01' as date)
            else kept.valid_from
        end as known_from,
        coalesce(
            lead(kept.valid_from) over (partition by kept.opportunity_id order by kept.version_no),
            cast('9999-12-31' as date)
        ) as known_before,
        max(coalesce(kept.valid_before, cast('9999-12-31' as date))) over (
            partition by kept.opportunity_id order by kept.version_no rows unbounded preceding
        ) as held_before
    from {{ ref('stg_opportunity_versions') }} as kept
    cross join company
),

stages as (
    select * from {{ source('reference', 'stage') }}
),

events as (
    select stage_events.*
    from {{ source('landed', 'stage_events') }} as stage_events
    cross join company
),

last_events as (
    select opportunity_id, max(changed_on) as last_changed_on
    from events
    group by opportunity_id
),

recorded_points as (
    select
        opportunity_id,
        changed_on as point_on,
        1 as point_rank,
        changed_at as point_at,
        source_row as point_row,
        to_stage as stage,
        changed_on as event_on,
        greatest(landed_on, changed_on) as recorded_on
    from events
),

compared as (
    select
        versions.*,
        coalesce(last_events.last_changed_on, cast('1900-01-01' as date)) as last_changed_on,
        lag(versions.valid_from) over (
            partition by versions.opportunity_id order by versions.version_no
        ) as previous_change_on
    from versions
    left join last_events on versions.opportunity_id = last_events.opportunity_id
    where
        (versions.previous_stage is null or versions.stage <> versions.previous_stage)
        and (
            last_events.last_changed_on is null or versions.valid_from > last_events.last_changed_on
        )
),

compared_points as (
    select
        compared.opportunity_id,
        compared.valid_from as point_on,
        2 as point_rank,
        cast(null as timestamp) as point_at,
        cast(null as {{ dbt.type_string() }}) as point_row,
        compared.stage,
        -- The date of closing, unless it is older than what the deal did before or lies ahead.
        case
            when
                stages.outcome <> 'open'
                and compared.closed_on <= compared.valid_from
                and compared.closed_on >= compared.last_changed_on
                and compared.closed_on
                >= coalesce(compared.previous_change_on, compared.last_changed_on)
                then compared.closed_on
            else compared.valid_from
        end as event_on,
        compared.valid_from as recorded_on
    from compared
    left join stages on compared.pipeline = stages.pipeline and compared.stage = stages.stage
),

amount_points as (
    select
        opportunity_id,
        valid_from as point_on,
        0 as point_rank,
        cast(null as timestamp) as point_at,
        cast(null as {{ dbt.type_string() }}) as point_row,
        cast(null as {{ dbt.type_string() }}) as stage,
        valid_from as event_on,
        valid_from as recorded_on
    from versions
    where known_from = valid_from
),

-- Missing from a snapshot: deleted on the day that the export covers.
missing_points as (
    select
        opportunity_id,
        held_before as point_on,
        3 as point_rank,
        cast(null as timestamp) as point_at,
        cast(null as {{ dbt.type_string() }}) as point_row,
        '(deleted)' as stage,
        held_before as event_on,
        held_before as recorded_on
    from versions
    where held_before < cast('9999-12-31' as date) and known_before > held_before
),

-- Delivered again after it was missing, in the stage that it had.
returned_points as (
    select
        versions.opportunity_id,
        versions.valid_from as point_on,
        2 as point_rank,
        cast(null as timestamp) as point_at,
        cast(null as {{ dbt.type_string() }}) as point_row,
        versions.stage,
        versions.valid_from as event_on,
        versions.valid_from as recorded_on
    from versions
    inner join missing_points
        on
            versions.opportunity_id = missing_points.opportunity_id
            and versions.valid_from > missing_points.point_on
    where versions.stage = versions.previous_stage
    qualify row_number() over (
        partition by versions.opportunity_id, missing_points.point_on order by versions.version_no
    ) = 1
),

points as (
    select * from recorded_points
    union all
    select * from compared_points
    union all
    select * from amount_points
    union all
    select * from missing_points
    union all
    select * from returned_points
),

numbered as (
    select
        points.*,
        row_number() over (
            partition by opportunity_id
            order by point_on, point_rank, point_at, point_row, event_on
        ) as state_no
    from points
),

filled as (
    select
        numbered.*,
        count(stage) over (
            partition by opportunity_id order by state_no rows unbounded preceding
        ) as stage_no
    from numbered
),

staged as (
    select
        filled.opportunity_id,
        filled.state_no,
        filled.point_on,
        filled.event_on,
        filled.recorded_on,
        max(filled.stage) over (partition by filled.opportunity_id, filled.stage_no) as stage
    from filled
),

known as (
    select
        staged.*,
        versions.pipeline,
        versions.owner_id,
        versions.account_id,
        versions.product_line,
        versions.region,
        coalesce(versions.amount, 0) as amount,
        versions.currency,
        versions.source,
        coalesce(stages.is_signed or stages.is_after_sale, false) as is_counted,
        stages.outcome
    from staged
    inner join versions
        on
            staged.opportunity_id = versions.opportunity_id
            and staged.point_on >= versions.known_from
            and staged.point_on < versions.known_before
    left join stages on versions.pipeline = stages.pipeline and staged.stage = stages.stage
),

opened as (
    select
        known.*,
        is_counted and not coalesce(
            lag(is_counted) over (partition by opportunity_id order by state_no), false
        ) as is_opening
    from known
),

run as (
    select
        opened.*,
        sum(case when is_opening then 1 else 0 end) over (
            partition by opportunity_id order by state_no rows unbounded preceding
        ) as run_no
    from opened
),

final as (
    select
        concat('opportunity|', opportunity_id) as booking_id,
        cast(state_no as bigint) as state_no,
        is_counted,
        case when run_no = 1 then 'signed' else 'rewon' end as opening_kind,
        case
            when stage = '(deleted)' then 'deleted'
            when outcome = 'lost' then 'lost'
            else 'reopened'
        end as closing_kind,
        event_on,
        recorded_on,
        -- Credit and rate are stamped when the deal is signed, and hold until it is taken back.
        min(case when is_opening then event_on end)
            over (partition by opportunity_id, run_no)
            as signed_on,
        cast(null as {{ dbt.type_string() }}) as order_id,
        opportunity_id,
        account_id,
        max(case when is_opening then owner_id end)
            over (partition by opportunity_id, run_no)
            as person_id,
        product_line,
        region,
        amount,
        currency,
        source
    from run
)

select * from final
