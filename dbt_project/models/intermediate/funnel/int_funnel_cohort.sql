-- Grain: one row per pipeline, stage, cohort period, scope and source with at least ten under
-- observation
-- Cohorts are months, quarters, and for each quarter the four quarters before it (baseline).
-- cohort_no stands for the seven columns that name one: many rows are grouped and sorted by it.
{% set horizon = 90 %}
{% set cell = 'place_no, scope_no' %}
{% set sums %}
        cast(sum(cohort_count) as integer) as cohort_count
        {%- for h in (30, 60, 90) %},
        cast(sum(n_observed_{{ h }}) as integer) as n_observed_{{ h }}
        {%- endfor %}
{%- endset %}
with

entries as (
    -- Who was never seen open says nothing about how long things take.
    select * from {{ ref('int_funnel_entry') }}
    where has_history and risk_from_workdays <= {{ horizon }}
),

leaf_scopes as (
    select * from {{ ref('int_leaf_scope') }}
),

leaves as (
    select leaf_id, leaf_no from leaf_scopes group by leaf_id, leaf_no
),

scopes as (
    select * from {{ ref('int_scope') }}
),

{{ funnel_places('entries') }},

{{ funnel_cohort_months() }},

leaf_months as (
    select
        places.place_no, entries.month_start_on, leaves.leaf_no,
        count(*) as cohort_count
        {%- for h in (30, 60, 90) %},
        sum(
            case
                when entries.age_workdays >= {{ h }} and entries.risk_from_workdays < {{ h }} then 1
                else 0
            end
        )
            as n_observed_{{ h }}
        {%- endfor %}
    from entries
    inner join leaves on entries.leaf_id = leaves.leaf_id
    inner join places
        on
            entries.pipeline = places.pipeline and entries.stage = places.stage
            and entries.lead_source = places.lead_source
    group by places.place_no, entries.month_start_on, leaves.leaf_no
),

sourced as (
    select
        leaf_months.place_no, leaf_scopes.scope_no, leaf_months.month_start_on,
        {{ sums }}
    from leaf_months
    inner join leaf_scopes on leaf_months.leaf_no = leaf_scopes.leaf_no
    group by 1, 2, 3
),

scope_months as (
    select * from sourced
    union all
    select
        places.whole_no as place_no, sourced.scope_no, sourced.month_start_on,
        {{ sums }}
    from sourced
    inner join places on sourced.place_no = places.place_no
    group by 1, 2, 3
),

-- No rate is published on fewer than ten deals: smaller cohorts need no curve.
cohorts as (
    select
        {{ cell }}, cohort_months.cohort_type, cohort_months.period_start,
        cast(
            row_number()
                over (order by {{ cell }}, cohort_months.cohort_type, cohort_months.period_start)
            as integer
        ) as cohort_no,
        {{ sums }}
    from scope_months
    inner join cohort_months on scope_months.month_start_on = cohort_months.month_start_on
    group by {{ cell }}, cohort_months.cohort_type, cohort_months.period_start
    having sum(scope_months.cohort_count) >= 10
),

final as (
    select
        cohorts.cohort_no,
        cohorts.place_no,
        cohorts.scope_no,
        places.pipeline,
        places.stage,
        scopes.scope_type,
        scopes.scope_id,
        places.lead_source,
        cohorts.cohort_type,
        cohorts.period_start,
        cohorts.cohort_count
        {%- for h in (30, 60, 90) %},
        cohorts.n_observed_{{ h }}
        {%- endfor %}
    from cohorts
    inner join places on cohorts.place_no = places.place_no
    inner join scopes on cohorts.scope_no = scopes.scope_no
)

select * from final
