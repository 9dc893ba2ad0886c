-- Grain: one row per started period that a gap is explained in, or that a plan is derived from
-- The plan of a period without planned drivers comes from the last four closed periods of its type
-- before it.
{% set base_periods = 4 %}
with

attainment as (
    select period_type, period_start, period_end
    from {{ ref('mart_target_attainment') }}
    where is_in_force and target is not null
    group by period_type, period_start, period_end
),

numbered as (
    select
        *,
        row_number() over (partition by period_type order by period_start, period_end) as period_no
    from {{ ref('int_target_period') }}
),

closed as (
    select period_type, max(period_no) as last_closed_no
    from numbered
    where is_closed
    group by period_type
),

framed as (
    select
        numbered.*,
        attainment.period_type is not null as has_target,
        case
            when attainment.period_type is not null
                then least(numbered.period_no - 1, coalesce(closed.last_closed_no, 0))
        end as base_last_no
    from numbered
    left join closed on numbered.period_type = closed.period_type
    left join attainment
        on
            numbered.period_type = attainment.period_type
            and numbered.period_start = attainment.period_start
            and numbered.period_end = attainment.period_end
),

bases as (
    select period_type, base_last_no
    from framed
    where has_target
    group by period_type, base_last_no
),

based as (
    select framed.period_type, framed.period_no
    from framed
    inner join bases
        on
            framed.period_type = bases.period_type
            and framed.period_no <= bases.base_last_no
            and framed.period_no > bases.base_last_no - {{ base_periods }}
    group by framed.period_type, framed.period_no
),

final as (
    select
        framed.period_type,
        framed.period_start,
        framed.period_end,
        framed.period_label,
        framed.period_no,
        framed.base_last_no,
        framed.has_target,
        framed.is_started,
        framed.is_closed,
        based.period_no is not null as is_base,
        least(framed.period_end, {{ as_of() }}) as through_on
    from framed
    left join based on framed.period_type = based.period_type and framed.period_no = based.period_no
    where framed.has_target or based.period_no is not null
)

select * from final
