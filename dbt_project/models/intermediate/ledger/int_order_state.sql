-- Grain: one row per order line and state of it, in the order that exports showed them
-- A state says whether the line counts as signed, with what, and from which day. The ledger
-- books the
-- difference of each state to the one before.
with

versions as (
    select * from {{ ref('stg_order_versions') }}
),

judged as (
    select
        versions.*,
        case
            when lower(status) in ('draft', 'void') then 'never'
            when cancelled_on is not null or lower(status) = 'cancelled' then 'cancelled'
            else 'counted'
        end as shown_kind,
        min(case when person_id is not null then version_no end) over (
            partition by order_id, line_no
        ) as person_version_no,
        min(version_no) over (partition by order_id, line_no) as first_version_no,
        max(coalesce(valid_before, cast('9999-12-31' as date))) over (
            partition by order_id, line_no order by version_no rows unbounded preceding
        ) as held_before,
        lead(valid_from)
            over (partition by order_id, line_no order by version_no)
            as next_valid_from
    from versions
),

credited as (
    select
        judged.*,
        -- Credit is stamped: the first person named keeps it, whoever is named later.
        max(case when version_no = person_version_no then person_id end) over (
            partition by order_id, line_no order by version_no rows unbounded preceding
        ) as credited_person_id
    from judged
),

steps as (
    select
        order_id,
        line_no,
        version_no,
        2 as step_no,
        shown_kind as state_kind,
        valid_from as recorded_on
    from credited
    union all
    -- First seen when already cancelled: it was signed before.
    select
        order_id,
        line_no,
        version_no,
        1 as step_no,
        'counted' as state_kind,
        valid_from as recorded_on
    from credited
    where version_no = first_version_no and shown_kind = 'cancelled'
    union all
    -- Missing from a snapshot: deleted on the day that the export covers.
    select
        order_id,
        line_no,
        version_no,
        3 as step_no,
        'absent' as state_kind,
        held_before as recorded_on
    from credited
    where
        held_before < cast('9999-12-31' as date)
        and (next_valid_from is null or next_valid_from > held_before)
),

states as (
    select
        credited.*,
        steps.state_kind,
        steps.recorded_on,
        cast(credited.version_no * 4 + steps.step_no as bigint) as state_no
    from steps
    inner join credited
        on
            steps.order_id = credited.order_id
            and steps.line_no = credited.line_no
            and steps.version_no = credited.version_no
),

dated as (
    select
        states.*,
        greatest(
            case
                when state_kind = 'cancelled' then coalesce(cancelled_on, recorded_on) else
                    recorded_on
            end,
            signed_on
        ) as changed_on,
        min(case when state_kind = 'counted' then state_no end) over (
            partition by order_id, line_no
        ) as first_counted_no,
        lag(state_kind) over (partition by order_id, line_no order by state_no) as previous_kind
    from states
),

final as (
    select
        concat('order|', order_id, '|', line_no) as booking_id,
        state_no,
        state_kind = 'counted' as is_counted,
        case when state_no = first_counted_no then 'signed' else 'restored' end as opening_kind,
        case state_kind
            when 'cancelled' then 'cancelled' when 'never' then 'voided' else 'deleted'
        end as closing_kind,
        case
            when state_no = first_counted_no then signed_on
            -- Taken back in the future and restored before: both on that future day, none in
            -- between.
            when state_kind = 'counted' and previous_kind <> 'counted'
                then
                    greatest(
                        changed_on,
                        lag(changed_on) over (partition by order_id, line_no order by state_no)
                    )
            else changed_on
        end as event_on,
        recorded_on,
        signed_on,
        order_id,
        line_no,
        opportunity_id,
        account_id,
        credited_person_id as person_id,
        product_line,
        region,
        coalesce(amount, 0) as amount,
        currency,
        source
    from dated
)

select * from final
