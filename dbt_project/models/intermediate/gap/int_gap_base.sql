-- Grain: one row per basis × metric × last closed period before a gap × scope × way of segmenting ×
-- segment
-- What the four closed periods up to that one (base_last_no) brought: derived plans take their
-- rates from here.
with

cells as (
    select * from {{ ref('int_gap_cell') }}
),

gaps as (
    select * from {{ ref('int_gap_frame') }} where driver_basis <> 'record'
),

spans as (
    select period_type, base_last_no from gaps group by period_type, base_last_no
),

final as (
    select
        cells.driver_basis, cells.metric, cells.period_type, spans.base_last_no, cells.scope_no,
        cells.segment_by, cells.segment_id,
        -- Money stays decimal as long as it is added: no thread's order stands in a cent.
        sum(cells.reach_count) as reach_count, sum(cells.won_count) as won_count,
        sum(cells.won_value) as won_value
    from cells
    inner join spans
        on
            cells.period_type = spans.period_type
            and cells.period_no <= spans.base_last_no and cells.period_no > spans.base_last_no - 4
    group by all
)

select * from final
