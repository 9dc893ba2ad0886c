-- Grain: one row per metric × period × scope with a target (level base, scenario in force)
-- driver_basis is NULL where a gap is not explained: of rates, durations, and where lower is
-- better. plan_reach_count, plan_conversion_rate, plan_deal_value: the planned drivers of the
-- sheet, where it names them.
with

attainment as (
    select * from {{ ref('mart_target_attainment') }} where is_in_force and target is not null
),

metrics as (
    select * from {{ source('rules', 'metrics') }}
),

periods as (
    select * from {{ ref('int_gap_period') }} where has_target
),

deals as (
    select case when count(*) > 0 then 'opportunity' else 'customer' end as default_basis
    from {{ ref('fct_opportunity') }}
),

scopes as (
    select * from {{ ref('int_scope') }}
),

spelled as (
    select
        drivers.*,
        case drivers.driver_basis when 'customers' then 'customer' else 'opportunity' end as basis,
        replace(replace(upper(drivers.period), 'FY', ''), '-', '') as period_key
    from {{ source('rules', 'drivers') }} as drivers
),

-- Both kinds of drivers for one period, or a scope by id and by name: the one of what the company
-- counts, by id.
drivers as (
    select spelled.*, scopes.scope_id
    from spelled
    cross join deals
    inner join scopes
        on
            spelled.scope_type = scopes.scope_type
            and (
                spelled.scope_type = 'company'
                or spelled.scope in (scopes.scope_id, scopes.scope_name)
            )
    qualify row_number() over (
        partition by spelled.metric, scopes.scope_type, scopes.scope_id, spelled.period_key
        order by
            case when spelled.basis = deals.default_basis then 0 else 1 end,
            case when spelled.scope = scopes.scope_id then 0 else 1 end, spelled.scope
    ) = 1
),

framed as (
    select
        attainment.metric,
        metrics.unit,
        attainment.period_type,
        attainment.period_start,
        attainment.period_end,
        attainment.period_label,
        periods.period_no,
        periods.base_last_no,
        periods.is_started,
        periods.is_closed,
        attainment.scope_type,
        attainment.scope_id,
        attainment.scope_name,
        scopes.scope_no,
        -- Where a scope has no history of its own: its product line's, else the company's.
        case
            when attainment.scope_type like '%_product_line'
                then substr(attainment.scope_id, instr(attainment.scope_id, '|') + 1)
        end as wider_product_line,
        attainment.target,
        attainment.target_to_date,
        attainment.actual,
        attainment.gap,
        attainment.gap_to_date,
        case
            when
                metrics.unit not in ('money', 'count')
                or metrics.aggregate = 'ratio'
                or metrics.direction <> 'higher'
                then null
            when attainment.metric = 'collected_amount' then 'debtor'
            when
                attainment.metric not in ('signed_amount', 'order_count', 'new_customer_count')
                then 'record'
            else deals.default_basis
        end as default_basis
    from attainment
    inner join metrics on attainment.metric = metrics.metric
    inner join periods
        on
            attainment.period_type = periods.period_type
            and attainment.period_start = periods.period_start
            and attainment.period_end = periods.period_end
    cross join deals
    left join
        scopes
        on attainment.scope_type = scopes.scope_type and attainment.scope_id = scopes.scope_id
),

planned as (
    select
        framed.*,
        coalesce(wider.scope_no, company.scope_no) as wider_scope_no,
        coalesce(drivers.basis, framed.default_basis) as driver_basis,
        cast(drivers.planned_count as double) as plan_reach_count,
        cast(drivers.planned_conversion_rate as double) as plan_conversion_rate,
        case
            when framed.unit = 'money' then cast(drivers.planned_deal_amount as double) else 1
        end as plan_deal_value
    from framed
    left join scopes as company on company.scope_type = 'company'
    left join
        scopes as wider
        on wider.scope_type = 'product_line' and framed.wider_product_line = wider.scope_id
    left join drivers
        on
            framed.default_basis not in ('debtor', 'record')
            and framed.metric = drivers.metric
            and framed.scope_type = drivers.scope_type and framed.scope_id = drivers.scope_id
            and replace(replace(upper(framed.period_label), 'FY', ''), '-', '') = drivers.period_key
),

final as (
    select
        row_number() over (order by metric, period_type, period_no, scope_type, scope_id) as gap_no,
        planned.*,
        plan_reach_count is not null as is_planned
    from planned
)

select * from final
