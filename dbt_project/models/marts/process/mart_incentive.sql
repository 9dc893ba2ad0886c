-- Grain: one row per person and month, quarter or year with a target of signed amount
-- Bands are found by multiplying decimals, never by dividing: 85 % of an anchor of 80 % is exactly
-- one step.
with

attainment as (
    select * from {{ ref('mart_target_attainment') }}
    where
        metric = 'signed_amount' and is_in_force and period_type in ('month', 'quarter', 'year')
        and period_start <= {{ as_of() }} and target > 0
),

settings as (
    select * from {{ source('rules', 'incentive_settings') }}
),

accrual_rates as (
    select
        over_rate,
        accrual_rate,
        lead(over_rate) over (order by over_rate) as below_rate
    from {{ source('rules', 'incentive_accrual') }}
),

budgets as (
    select * from {{ source('rules', 'incentive_team') }}
),

people as (
    select * from {{ ref('stg_people') }}
),

memberships as (
    select * from {{ ref('int_person_org') }}
),

placed as (
    select
        attainment.scope_id as person_id,
        attainment.period_type,
        attainment.period_start,
        attainment.period_end,
        attainment.period_label,
        -- Nineteen digits: a product of two decimals of eighteen keeps eighteen.
        cast(attainment.target as decimal(19, 2)) as target,
        cast(greatest(attainment.actual, 0) as decimal(19, 2)) as basis_amount,
        attainment.actual,
        coalesce(memberships.region, 'unknown') as region
    from attainment
    left join memberships
        on
            attainment.scope_id = memberships.person_id
            and {{ is_valid_on('memberships', 'least(attainment.period_end, ' ~ as_of() ~ ')') }}
    where attainment.scope_type = 'person' and attainment.scope_id not in ('unknown', 'unallocated')
    qualify row_number() over (
        partition by
            attainment.scope_id,
            attainment.period_type,
            attainment.period_start,
            attainment.period_end
        order by memberships.valid_from desc nulls last, memberships.org_path asc
    ) = 1
),

guessed as (
    select
        placed.*,
        settings.*,
        cast(
            -- A million steps are no incentive any more, but a target of a cent; the products below
            -- stay exact.
            least(
                greatest(
                    floor(
                        {{ ratio(
                            'placed.basis_amount - settings.anchor_rate * placed.target',
                            'settings.step_rate * placed.target'
                        ) }}
                    ),
                    0
                ),
                999999
            ) as decimal(9, 0)
        ) as near_steps
    from placed
    cross join settings
),

-- The guess may be one off where the double lies beside the edge; the products are exact.
stepped as (
    select
        guessed.*,
        case
            when basis_amount < anchor_rate * target then 0
            when
                basis_amount
                >= cast(anchor_rate + (near_steps + 1) * step_rate as decimal(18, 6)) * target
                then near_steps + 1
            when
                basis_amount < cast(anchor_rate + near_steps * step_rate as decimal(18, 6)) * target
                then near_steps - 1
            else near_steps
        end as steps
    from guessed
),

factored as (
    select
        stepped.*,
        case
            when basis_amount < protective_below_rate * target then 'protected'
            when basis_amount < anchor_rate * target then 'below_anchor'
            when steps = 0 then 'anchor'
            else 'above_anchor'
        end as factor_band,
        case
            when basis_amount < protective_below_rate * target then protective_factor
            when basis_amount < anchor_rate * target
                then {{ fixed(ratio('basis_amount', 'anchor_rate * target'), 6) }}
            else anchor_factor
        end as base_factor,
        cast(
            case
                when basis_amount >= anchor_rate * target then steps * step_factor else 0
            end as decimal(18, 6)
        )
            as step_factors
    from stepped
),

-- The part of the attainment that lies in each band over 100 %.
over_parts as (
    select
        placed.person_id,
        placed.period_type,
        placed.period_start,
        placed.period_end,
        accrual_rates.over_rate,
        accrual_rates.accrual_rate,
        cast(
            least(
                placed.basis_amount,
                coalesce(accrual_rates.below_rate * placed.target, placed.basis_amount)
            )
            - accrual_rates.over_rate * placed.target as decimal(28, 8)
        ) as part_amount,
        placed.target
    from placed
    inner join accrual_rates on placed.basis_amount > accrual_rates.over_rate * placed.target
),

over_sums as (
    select
        person_id,
        period_type,
        period_start,
        period_end,
        sum({{ ratio('part_amount * accrual_rate', 'target') }}) as over_rate_sum,
        {{ joined_texts(
            "concat('>', cast(round(over_rate * 100, 2) as " ~ dbt.type_string()
            ~ "), '% ', cast(round(" ~ ratio('100 * part_amount', 'target')
            ~ ", 4) as " ~ dbt.type_string()
            ~ "), '% x ', cast(accrual_rate as " ~ dbt.type_string() ~ "))",
            'over_rate'
        ) }} as band_parts
    from over_parts
    group by person_id, period_type, period_start, period_end
),

regions as (
    select
        scope_id as region,
        period_type,
        period_start,
        period_end,
        attainment_rate,
        actual >= target as is_attained
    from attainment
    where scope_type = 'region'
),

final as (
    select
        factored.person_id,
        coalesce(people.person_name, factored.person_id) as person_name,
        people.manager_id,
        factored.period_type,
        factored.period_start,
        factored.period_end,
        factored.period_label,
        factored.period_end <= {{ as_of() }} as is_closed,
        cast(factored.target as decimal(18, 2)) as target,
        factored.actual,
        {{ ratio('factored.actual', 'factored.target') }} as attainment_rate,
        factored.mode,
        case
            when factored.mode = 'factor' then factored.factor_band
            when factored.basis_amount < factored.accrual_from_rate * factored.target then 'no_pool'
            when factored.basis_amount <= factored.target then 'pool'
            else 'accruing'
        end as band,
        case
            when
                factored.mode = 'factor'
                then cast(factored.base_factor + factored.step_factors as double)
        end
            as factor,
        case when factored.mode = 'factor' then cast(factored.base_factor as double) end
            as base_factor,
        case when factored.mode = 'factor' then cast(factored.step_factors as double) end
            as step_factor,
        case
            when
                factored.mode = 'factor'
                and factored.basis_amount >= factored.anchor_rate * factored.target
                then cast(factored.steps as bigint)
        end as step_count,
        -- Shares of the bonus pool: up to 100 % as attained, the rest at the rates of its bands.
        case
            when factored.mode <> 'accrual' then null
            when factored.basis_amount < factored.accrual_from_rate * factored.target then 0
            else {{ ratio('least(factored.basis_amount, factored.target)', 'factored.target') }}
        end as pool_rate,
        case
            when factored.mode <> 'accrual' then null
            else coalesce(round(over_sums.over_rate_sum, 9), 0)
        end as over_pool_rate,
        case when factored.mode = 'accrual' then over_sums.band_parts end as band_parts,
        case
            when factored.mode <> 'accrual' then null
            when factored.basis_amount < factored.accrual_from_rate * factored.target
                then {{ money('0 * factored.bonus_pool_amount') }}
            else {{ money(
                'factored.bonus_pool_amount * ('
                ~ ratio('least(factored.basis_amount, factored.target)', 'factored.target')
                ~ ' + coalesce(over_sums.over_rate_sum, 0))') }}
        end as bonus_amount,
        case
            when factored.mode <> 'accrual' then 'factor_mode'
            when factored.bonus_pool_amount is null then 'no_pool_amount'
        end as bonus_amount_reason,
        factored.region,
        regions.attainment_rate as region_attainment_rate,
        coalesce(regions.is_attained, false) as is_region_attained,
        case when regions.is_attained then {{ money('budgets.team_building_amount') }} end
            as region_team_building_amount,
        {{ rules_version() }} as rules_version
    from factored
    left join over_sums
        on
            factored.person_id = over_sums.person_id
            and factored.period_type = over_sums.period_type
            and factored.period_start = over_sums.period_start
            and factored.period_end = over_sums.period_end
    left join regions
        on
            factored.region = regions.region and factored.period_type = regions.period_type
            and factored.period_start = regions.period_start
            and factored.period_end = regions.period_end
    left join budgets on factored.region = budgets.region
    left join people on factored.person_id = people.person_id
)

select * from final
