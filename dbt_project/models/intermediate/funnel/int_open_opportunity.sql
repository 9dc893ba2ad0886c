-- Grain: one row per opportunity in the open pipeline at D: open, not signed by stage or order
with

segments as (
    select * from {{ ref('int_opportunity_segment') }}
    where
        standing = 'open' and not is_deleted
        and valid_from <= {{ as_of() }} and valid_before > {{ as_of() }}
),

opportunities as (
    select opportunity_id, typed_probability_rate from {{ ref('fct_opportunity') }}
),

visits as (
    select opportunity_id, visit_no, stay_workdays from {{ ref('fct_stage_visit') }}
),

stages as (
    select * from {{ ref('int_pipeline_stage') }} where is_current
),

probabilities as (
    select * from {{ ref('int_win_probability') }}
),

aged as (
    select segments.*, coalesce(visits.stay_workdays, 0) as age_workdays
    from segments
    left join visits
        on segments.opportunity_id = visits.opportunity_id and segments.visit_no = visits.visit_no
),

final as (
    select
        aged.opportunity_id,
        aged.leaf_id,
        aged.pipeline,
        aged.stage,
        aged.stage_order,
        aged.amount,
        aged.expected_close_on,
        aged.age_workdays,
        -- The workbook's probability stands in only where there is too little history.
        coalesce(
            probabilities.win_probability_rate, cast(stages.default_probability_rate as double)
        ) as win_probability_rate,
        probabilities.win_probability_rate is not null as is_calibrated,
        opportunities.typed_probability_rate
    from aged
    left join opportunities on aged.opportunity_id = opportunities.opportunity_id
    left join stages on aged.pipeline = stages.pipeline and aged.stage = stages.stage
    left join probabilities
        on
            aged.pipeline = probabilities.pipeline
            and aged.stage = probabilities.stage
            and aged.age_workdays >= probabilities.elapsed_workdays
    qualify row_number() over (
        partition by aged.opportunity_id order by probabilities.elapsed_workdays desc nulls last
    ) = 1
)

select * from final
