-- Grain: one row per target in force as given (level base, scenario in force, money) and scope:
-- what speaks for and against it proposal: last year × (1 + market growth, 15 to 25 %) × (1 ±
-- channel maturity, up to 10 %); never a version.
with

days as (
    select * from {{ source('reference', 'calendar_day') }}
),

this_year as (
    select year_start_on from days where date_day = {{ as_of() }}
),

-- The scenario in force: its own figure, else the plan's times its factor from this fiscal year on.
lines as (
    select
        lines.*,
        case
            when lines.scenario = 'base' and lines.end_on >= this_year.year_start_on
                then
                    cast(lines.value as decimal(24, 6))
                    * cast(coalesce(scenarios.target_factor, 1) as decimal(9, 6))
            else lines.value
        end as figure
    from {{ ref('int_target_line') }} as lines
    inner join {{ source('rules', 'metrics') }} as metrics on lines.metric = metrics.metric
    cross join this_year
    cross join {{ source('rules', 'scenarios_settings') }} as settings
    left join
        {{ source('rules', 'scenarios') }} as scenarios
        on settings.scenario_in_force = scenarios.scenario
    where
        lines.level = 'base' and lines.scenario in ('base', settings.scenario_in_force)
        and metrics.unit = 'money' and lines.is_spread
    qualify row_number() over (
        partition by lines.metric, lines.scope_type, lines.scope_id, lines.start_on, lines.end_on
        order by
            case when lines.scenario = settings.scenario_in_force then 0 else 1 end asc,
            lines.recorded_on desc,
            lines.line asc
    ) = 1
),

scope_days as (
    select * from {{ ref('int_actual_scope_day') }}
),

periods as (
    select * from {{ ref('int_target_period') }}
),

leaf_scopes as (
    select * from {{ ref('int_leaf_scope') }}
),

opportunities as (
    select opportunities.*, {{ leaf_id('opportunities') }} as leaf_id
    from {{ ref('fct_opportunity') }} as opportunities
),

organisation as (
    select * from {{ source('rules', 'organisation') }}
),

market as (
    select * from {{ source('landed', 'market') }}
    where kind = 'demand' and observed_on <= {{ as_of() }}
),

memberships as (
    select * from {{ ref('int_person_org') }}
),

path_nodes as (
    select * from {{ ref('int_org_path_node') }}
),

customers as (
    select * from {{ ref('int_customer') }}
),

history as (
    select
        lines.line,
        lines.scope_type,
        lines.scope_id,
        sum(
            case
                when
                    scope_days.event_on >= {{ months_before('lines.start_on', 12) }}
                    and scope_days.event_on <= {{ months_before('lines.end_on', 12) }}
                    then scope_days.value
            end
        ) as last_year_actual,
        sum(
            case
                when scope_days.event_on > {{ months_before(as_of(), 12) }} then scope_days.value
            end
        )
            as trailing_actual
    from lines
    left join scope_days
        on
            lines.metric = scope_days.metric and lines.scope_type = scope_days.scope_type
            and lines.scope_id = scope_days.scope_id
    group by lines.line, lines.scope_type, lines.scope_id
),

conversion as (
    select
        leaf_scopes.scope_type,
        leaf_scopes.scope_id,
        count(case when opportunities.outcome = 'won' then 1 end) as won_count,
        count(case when opportunities.outcome in ('won', 'lost') then 1 end) as closed_count,
        sum(case when opportunities.outcome = 'won' then opportunities.amount end) as won_amount
    from opportunities
    inner join leaf_scopes on opportunities.leaf_id = leaf_scopes.leaf_id
    where
        opportunities.outcome = 'open' or opportunities.closed_on > {{ months_before(as_of(), 12) }}
    group by all
),

standing as (
    select memberships.person_id, memberships.org_path, memberships.region, memberships.team
    from memberships
    inner join {{ ref('stg_people') }} as people on memberships.person_id = people.person_id
    where
        memberships.valid_from <= {{ as_of() }} and memberships.valid_before > {{ as_of() }}
        and (people.left_on is null or people.left_on > {{ as_of() }})
),

placed as (
    select person_id, 'company' as scope_type, 'company' as scope_id from standing
    union all
    select person_id, 'person' as scope_type, person_id as scope_id from standing
    union all
    select person_id, 'region' as scope_type, region as scope_id from standing
    union all
    select person_id, 'team' as scope_type, team as scope_id from standing
    union all
    select standing.person_id, 'org' as scope_type, path_nodes.org_id as scope_id
    from standing
    inner join path_nodes on standing.org_path = path_nodes.org_path
),

pools as (
    select
        placed.scope_type,
        placed.scope_id,
        count(distinct placed.person_id) as head_count,
        count(distinct customers.customer_id) as pool_count
    from placed
    left join customers on placed.person_id = customers.owner_id
    group by all
),

-- The newest word on each region, product line, both, or the whole market; of several on one day
-- the largest either way, as everywhere.
demand as (
    select region, product_line, change_rate
    from market
    qualify row_number() over (
        partition by region, product_line
        order by observed_on desc, abs(change_rate) desc, change_rate desc
    ) = 1
),

last_places as (
    select
        person_id,
        max_by(region, case when region is not null then valid_from end) as region
    from memberships
    where valid_from <= {{ as_of() }}
    group by person_id
),

node_regions as (
    select org_id, max(region) as region from {{ ref('int_org_path') }} group by org_id
),

-- A target is one figure under all its scopes: its market is that of its holder's region and its
-- product line, the nearest that anything is known of.
growth as (
    select
        lines.line,
        demand.change_rate as observed_market_rate,
        greatest(0.15, least(0.25, coalesce(demand.change_rate, 0.20))) as market_growth_rate,
        coalesce(organisation.channel_maturity_rate, 0) as channel_maturity_rate
    from lines
    left join
        last_places
        on lines.holder_kind = 'person' and lines.holder_id = last_places.person_id
    left join node_regions on lines.holder_kind = 'unit' and lines.holder_id = node_regions.org_id
    left join demand
        on
            (
                demand.region is null
                or demand.region = coalesce(last_places.region, node_regions.region)
            )
            and (demand.product_line is null or lines.product_line = demand.product_line)
    left join organisation
        on
            organisation.node in (lines.holder_id, lines.org_name)
            and (organisation.valid_from is null or organisation.valid_from <= {{ as_of() }})
            and (organisation.valid_to is null or organisation.valid_to >= {{ as_of() }})
    qualify row_number() over (
        partition by lines.line
        order by
            case when demand.region is null then 1 else 0 end asc,
            case when demand.product_line is null then 1 else 0 end asc,
            abs(coalesce(organisation.channel_maturity_rate, 0)) desc
    ) = 1
),

assembled as (
    select
        lines.*,
        periods.period_workdays,
        history.last_year_actual,
        history.trailing_actual,
        {{ ratio('conversion.won_count', 'conversion.closed_count') }} as win_rate,
        {{ ratio('conversion.won_amount', 'conversion.won_count') }} as average_deal_amount,
        pools.head_count,
        pools.pool_count,
        growth.observed_market_rate,
        growth.market_growth_rate,
        growth.channel_maturity_rate
    from lines
    inner join periods
        on
            lines.period_type = periods.period_type
            and lines.start_on = periods.period_start and lines.end_on = periods.period_end
    left join history
        on
            lines.line = history.line
            and lines.scope_type = history.scope_type
            and lines.scope_id = history.scope_id
    left join
        conversion
        on lines.scope_type = conversion.scope_type and lines.scope_id = conversion.scope_id
    left join pools on lines.scope_type = pools.scope_type and lines.scope_id = pools.scope_id
    left join growth on lines.line = growth.line
),

judged as (
    select
        assembled.*,
        {{ ratio('figure', 'last_year_actual') }} - 1 as implied_growth_rate,
        {{ ratio('figure', 'win_rate * average_deal_amount') }} as customers_required
    from assembled
),

final as (
    select
        judged.line as target_id,
        judged.metric,
        judged.period_type,
        judged.start_on as period_start,
        judged.end_on as period_end,
        judged.period_label,
        judged.scope_type,
        judged.scope_id,
        {{ money('judged.figure') }} as target,
        {{ money('judged.last_year_actual') }} as last_year_actual,
        {{ money('judged.trailing_actual') }} as trailing_12_month_actual,
        case when judged.last_year_actual > 0 then judged.implied_growth_rate end
            as implied_growth_rate,
        case
            when judged.last_year_actual is null or judged.last_year_actual <= 0 then 'no_history'
        end
            as implied_growth_rate_reason,
        judged.head_count,
        {{ money(ratio('judged.figure', 'judged.head_count')) }} as target_per_head,
        judged.win_rate,
        {{ money('judged.average_deal_amount') }} as average_deal_amount,
        cast(ceil(judged.customers_required) as bigint) as customers_required,
        judged.pool_count as customers_available,
        case
            when judged.last_year_actual is null or judged.last_year_actual <= 0 then 'no_history'
            when judged.customers_required > judged.pool_count then 'unsupported'
            when judged.implied_growth_rate > judged.market_growth_rate then 'stretch'
            else 'ok'
        end as plausibility,
        cast(judged.observed_market_rate as double) as observed_market_rate,
        cast(judged.market_growth_rate as double) as market_growth_rate,
        cast(judged.channel_maturity_rate as double) as channel_maturity_rate,
        case
            when judged.last_year_actual > 0
                then
                    {{ money(
                        'judged.last_year_actual * (1 + judged.market_growth_rate)'
                        ~ ' * (1 + judged.channel_maturity_rate)'
                    ) }}
        end as proposed_target,
        judged.source,
        judged.source_row
    from judged
    qualify row_number() over (
        partition by judged.line, judged.scope_type, judged.scope_id
        order by
            case when judged.customers_required is null then 1 else 0 end, judged.customers_required
    ) = 1
)

select * from final
