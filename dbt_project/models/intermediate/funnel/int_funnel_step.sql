-- Grain: one row per cohort and workdays since entry (up to 91)
-- The event table behind Aalen–Johansen: who comes under observation, advances, is lost, is still
-- open.
{% set horizon = 90 %}
{% set counts = ['entered_count', 'advanced_count', 'lost_count', 'censored_count'] %}
{% set sums %}
        {%- for count in counts %}
        cast(sum({{ count }}) as integer) as {{ count }}{{ "," if not loop.last }}
        {%- endfor %}
{%- endset %}
with

named_entries as (
    select * from {{ ref('int_funnel_entry') }}
    where has_history and risk_from_workdays <= {{ horizon }}
),

cohorts as (
    select cohort_no, place_no, scope_no, cohort_type, period_start
    from {{ ref('int_funnel_cohort') }}
),

leaf_scopes as (
    select * from {{ ref('int_leaf_scope') }}
),

leaves as (
    select leaf_id, leaf_no from leaf_scopes group by leaf_id, leaf_no
),

{{ funnel_places('named_entries') }},

{{ funnel_cohort_months() }},

entries as (
    select
        places.place_no, leaves.leaf_no,
        named_entries.month_start_on, named_entries.risk_from_workdays,
        named_entries.elapsed_workdays, named_entries.result
    from named_entries
    inner join leaves on named_entries.leaf_id = leaves.leaf_id
    inner join places
        on
            named_entries.pipeline = places.pipeline and named_entries.stage = places.stage
            and named_entries.lead_source = places.lead_source
),

moments as (
    select
        place_no,
        month_start_on,
        leaf_no,
        risk_from_workdays as elapsed_workdays,
        1 as entered_count, 0 as advanced_count, 0 as lost_count, 0 as censored_count
    from entries
    union all
    select
        place_no, month_start_on, leaf_no,
        least(elapsed_workdays, {{ horizon + 1 }}) as elapsed_workdays,
        0 as entered_count,
        case when result = 'advanced' and elapsed_workdays <= {{ horizon }} then 1 else 0 end
            as advanced_count,
        case when result = 'lost' and elapsed_workdays <= {{ horizon }} then 1 else 0 end
            as lost_count,
        case when result = 'open' or elapsed_workdays > {{ horizon }} then 1 else 0 end
            as censored_count
    from entries
),

leaf_months as (
    select
        place_no, month_start_on, leaf_no, elapsed_workdays,
        {{ sums }}
    from moments
    group by place_no, month_start_on, leaf_no, elapsed_workdays
),

sourced as (
    select
        leaf_months.place_no, leaf_scopes.scope_no, leaf_months.month_start_on,
        leaf_months.elapsed_workdays,
        {{ sums }}
    from leaf_months
    inner join leaf_scopes on leaf_months.leaf_no = leaf_scopes.leaf_no
    group by 1, 2, 3, 4
),

scope_months as (
    select * from sourced
    union all
    select
        places.whole_no as place_no, sourced.scope_no, sourced.month_start_on,
        sourced.elapsed_workdays,
        {{ sums }}
    from sourced
    inner join places on sourced.place_no = places.place_no
    group by 1, 2, 3, 4
),

-- Months make quarters, quarters make baselines: each row goes as few ways as it can.
scope_quarters as (
    select
        scope_months.place_no, scope_months.scope_no, quarter_months.period_start,
        scope_months.elapsed_workdays,
        {{ sums }}
    from scope_months
    inner join quarter_months on scope_months.month_start_on = quarter_months.month_start_on
    group by 1, 2, 3, 4
),

final as (
    {% for cohort_type, rows, day in [
        ('month', 'scope_months', 'month_start_on'), ('quarter', 'scope_quarters', 'period_start')
    ] %}
    select
        cohorts.cohort_no, {{ rows }}.elapsed_workdays
        {%- for count in counts %},
        {{ rows }}.{{ count }}
        {%- endfor %}
    from {{ rows }}
    inner join cohorts
        on
            {{ rows }}.place_no = cohorts.place_no and {{ rows }}.scope_no = cohorts.scope_no
            and {{ rows }}.{{ day }} = cohorts.period_start
            and cohorts.cohort_type = '{{ cohort_type }}'
    union all
    {% endfor %}
    select
        cohorts.cohort_no, scope_quarters.elapsed_workdays,
        {{ sums }}
    from scope_quarters
    inner join baseline_quarters on scope_quarters.period_start = baseline_quarters.quarter_start_on
    inner join cohorts
        on
            scope_quarters.place_no = cohorts.place_no
            and scope_quarters.scope_no = cohorts.scope_no
            and baseline_quarters.period_start = cohorts.period_start
            and cohorts.cohort_type = 'baseline'
    group by 1, 2
)

select * from final
