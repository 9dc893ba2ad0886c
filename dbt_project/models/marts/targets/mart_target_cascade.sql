-- Grain: one row per version × metric × level × scenario × product line × customer type × node ×
-- period children_sum is what the node's own children hold; unallocated is the rest, negative where
-- they got more. Months, quarters, years, and the weeks and custom periods that a target was given
-- for: segments end at their bounds.
with

cells as (
    select * from {{ source('cascade', 'target_cell') }}
),

places as (
    select * from {{ ref('int_person_org') }}
),

versions as (
    select * from {{ source('cascade', 'target_version') }}
),

lines as (
    select * from {{ source('cascade', 'target_line') }}
),

days as (
    select * from {{ source('reference', 'calendar_day') }}
),

settings as (
    select * from {{ source('rules', 'weights_settings') }}
),

units as (
    select org_id, max(org_name) as org_name, max(kind) as kind
    from {{ ref('int_org_path') }}
    group by org_id
),

people as (
    select * from {{ ref('stg_people') }}
),

given_periods as (
    select metric, level, scenario, period_type, start_on, end_on, max(period_label) as period_label
    from lines
    where is_spread and not is_milestone and period_type in ('week', 'custom')
    group by metric, level, scenario, period_type, start_on, end_on
),

-- Who moved inside a segment has a cell under either unit: the one where he ended is the later one.
placed as (
    select
        cells.*,
        case
            when places.person_id is null then cells.segment_start else cells.segment_end
        end as stands_from
    from cells
    left join places
        on
            cells.member_kind = 'person'
            and cells.member_id = places.person_id
            and cells.parent_id = places.org_id
            and {{ is_valid_on('places', 'cells.segment_end') }}
),

spread as (
    {% for period in ['month', 'quarter', 'year'] %}
    select
        placed.*, '{{ period }}' as period_type, days.{{ period }}_start_on as period_start,
        days.{{ period }}_end_on as period_end, days.{{ period }}_label as period_label
    from placed
    inner join days on placed.segment_start = days.date_day
    union all
    {% endfor %}
    select
        placed.*, given_periods.period_type, given_periods.start_on as period_start,
        given_periods.end_on as period_end, given_periods.period_label
    from placed
    inner join given_periods
        on
            placed.metric = given_periods.metric and placed.level = given_periods.level
            and placed.scenario = given_periods.scenario
            and placed.segment_start >= given_periods.start_on
            and placed.segment_end <= given_periods.end_on
),

summed as (
    select
        metric, level, scenario, version_no, product_line, customer_type, member_kind, member_id,
        -- who moved inside the period stands where he ended
        max_by(parent_id, stands_from) as parent_id,
        period_type, period_start, period_end, max(period_label) as period_label,
        sum(value) as target,
        sum(unallocated) as unallocated,
        case when min(origin) = max(origin) then min(origin) else 'mixed' end as cell_origin
    from spread
    group by
        metric, level, scenario, version_no, product_line, customer_type, member_kind, member_id,
        period_type, period_start, period_end
),

given as (
    select
        metric, level, scenario, coalesce(product_line, '(all)') as product_line,
        coalesce(customer_type, '(all)') as customer_type, holder_kind, holder_id, start_on, end_on,
        recorded_on, removed_on, value, effective_on, line
    from lines
    where is_accepted
),

given_by_version as (
    select
        versions.version_no,
        given.metric,
        given.level,
        given.scenario,
        given.product_line,
        given.customer_type,
        given.holder_kind,
        given.holder_id,
        given.start_on,
        given.end_on,
        given.value as given_target
    from given
    inner join versions
        on
            given.metric = versions.metric
            and given.level = versions.level
            and given.scenario = versions.scenario
            and given.recorded_on <= versions.recorded_on
            and (given.removed_on is null or given.removed_on > versions.recorded_on)
    qualify row_number() over (
        partition by
            versions.version_no, given.metric, given.level, given.scenario, given.product_line,
            given.customer_type, given.holder_kind, given.holder_id, given.start_on, given.end_on
        order by
            coalesce(given.effective_on, given.start_on) desc,
            given.recorded_on desc,
            given.line asc
    ) = 1
),

final as (
    select
        {{ version_label('versions') }} as target_version,
        versions.is_in_force,
        summed.metric,
        summed.level,
        summed.scenario,
        summed.product_line,
        summed.customer_type,
        summed.member_kind as node_kind,
        summed.member_id as node_id,
        coalesce(units.org_name, people.person_name, summed.member_id) as node_name,
        summed.parent_id as parent_node_id,
        summed.period_type,
        summed.period_start,
        summed.period_end,
        summed.period_label,
        {{ money('summed.target') }} as target,
        {{ money('given_by_version.given_target') }} as given_target,
        case
            when given_by_version.given_target is not null then 'given' else summed.cell_origin
        end as origin,
        case
            when summed.member_kind = 'unit' then {{ money('summed.target - summed.unallocated') }}
        end as children_sum,
        case
            when summed.member_kind = 'unit' then {{ money('summed.unallocated') }}
        end as unallocated,
        case
            when summed.member_kind = 'unit'
                then {{ ratio('summed.target - summed.unallocated', 'summed.target') }} - 1
        end as over_assignment,
        case
            when summed.member_kind <> 'unit' then 'no_children'
            when summed.target = 0 then 'zero_target'
        end as over_assignment_reason,
        case
            when summed.member_kind <> 'unit' or summed.target = 0 then null
            when
                summed.target - summed.unallocated
                < summed.target * (1 + settings.over_assignment_min_rate)
                then 'under_assigned'
            when
                summed.target - summed.unallocated
                > summed.target * (1 + settings.over_assignment_max_rate)
                then 'over_assigned'
            else 'inside'
        end as band,
        {{ rules_version() }} as rules_version
    from summed
    inner join versions
        on
            summed.metric = versions.metric and summed.level = versions.level
            and summed.scenario = versions.scenario and summed.version_no = versions.version_no
    cross join settings
    left join given_by_version
        on
            summed.version_no = given_by_version.version_no
            and summed.metric = given_by_version.metric and summed.level = given_by_version.level
            and summed.scenario = given_by_version.scenario
            and summed.product_line = given_by_version.product_line
            and summed.customer_type = given_by_version.customer_type
            and summed.member_kind = given_by_version.holder_kind
            and summed.member_id = given_by_version.holder_id
            and summed.period_start = given_by_version.start_on
            and summed.period_end = given_by_version.end_on
    left join units on summed.member_kind = 'unit' and summed.member_id = units.org_id
    left join people on summed.member_kind = 'person' and summed.member_id = people.person_id
)

select * from final
