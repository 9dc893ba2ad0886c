-- Grain: one row per instalment
-- Due and paid are converted at the rate of the order's signing, so that what is met can be set
-- against what is due. Over any set of instalments:
-- collection rate = sum(met_amount) ÷ sum(due_to_date_amount).
with

instalments as (
    select * from {{ ref('int_instalment') }}
),

orders as (
    select * from {{ ref('int_order') }}
),

landed_orders as (
    select * from {{ ref('int_landed_order') }}
),

customers as (
    select * from {{ ref('int_customer_record') }}
),

memberships as (
    select * from {{ ref('int_person_org') }}
),

rates as (
    select * from {{ ref('int_fx_rate') }}
),

company as (
    select * from {{ source('reference', 'company') }}
),

known as (
    select
        instalments.*,
        company.as_of,
        coalesce(orders.account_id, landed_orders.account_id) as account_id,
        coalesce(orders.person_id, landed_orders.person_id, 'unknown') as person_id,
        coalesce(orders.currency, landed_orders.currency, company.currency) as currency,
        orders.signed_on,
        coalesce(orders.signed_on, instalments.due_on) as rated_on,
        -- Nothing is due on an order that was cancelled, deleted or never effective.
        coalesce(orders.is_effective, landed_orders.order_id is null) as is_in_force
    from instalments
    cross join company
    left join orders on instalments.order_id = orders.order_id
    left join landed_orders on instalments.order_id = landed_orders.order_id
),

placed as (
    select known.*, memberships.org_path, memberships.team, memberships.region as person_region
    from known
    left join memberships
        on
            known.person_id = memberships.person_id
            and {{ is_valid_on('memberships', 'known.rated_on') }}
    qualify row_number() over (
        partition by known.order_id, known.due_on
        order by memberships.valid_from desc, memberships.org_path asc
    ) = 1
),

converted as (
    select
        placed.*,
        rates.fx_rate,
        {{ money(wide_product('placed.amount', 'rates.fx_rate')) }} as due_amount,
        {{ money(wide_product('placed.paid_amount', 'rates.fx_rate')) }} as paid,
        {{ money(wide_product('placed.overpaid_amount', 'rates.fx_rate')) }} as overpaid
    from placed
    left join rates
        on
            placed.currency = rates.currency
            and {{ is_valid_on('rates', 'placed.rated_on') }}
),

judged as (
    select
        converted.*,
        is_in_force and due_on <= as_of as is_due,
        case when is_in_force then due_amount - paid else 0 * due_amount end as open_amount,
        case when is_in_force and due_on <= as_of then due_amount else 0 * due_amount end
            as due_to_date_amount,
        case when is_in_force and due_on <= as_of then paid else 0 * paid end as met_amount,
        case
            when not is_in_force then 0 * paid
            when due_on <= as_of then overpaid
            else paid + overpaid
        end as early_amount
    from converted
),

final as (
    select
        judged.order_id,
        judged.due_on,
        cast(judged.instalment_no as bigint) as instalment_no,
        coalesce(customers.customer_id, 'unknown') as customer_id,
        customers.account_name as customer_name,
        coalesce(customers.owner_id, 'unknown') as owner_id,
        judged.person_id,
        coalesce(judged.org_path, '/unknown/') as org_path,
        coalesce(judged.team, 'unknown') as team,
        coalesce(customers.region, judged.person_region, 'unknown') as region,
        judged.signed_on,
        judged.is_in_force,
        judged.is_due,
        judged.amount as original_amount,
        judged.currency,
        judged.fx_rate,
        judged.due_amount,
        cast(judged.paid + judged.overpaid as decimal(18, 2)) as paid_amount,
        cast(judged.open_amount as decimal(18, 2)) as open_amount,
        cast(judged.due_to_date_amount as decimal(18, 2)) as due_to_date_amount,
        cast(judged.met_amount as decimal(18, 2)) as met_amount,
        cast(judged.early_amount as decimal(18, 2)) as early_amount,
        cast(
            case when judged.is_due then judged.open_amount else 0 * judged.open_amount end
            as decimal(18, 2)
        ) as overdue_amount,
        cast(
            case
                when judged.is_due and judged.open_amount > 0
                    then {{ days_between('judged.due_on', 'judged.as_of') }}
                else 0
            end as bigint
        ) as overdue_days,
        judged.paid_in_full_on,
        case
            when not judged.is_in_force then 'not_in_force'
            when judged.paid_in_full_on is not null then 'paid'
            when not judged.is_due then 'not_due'
            when {{ days_between('judged.due_on', 'judged.as_of') }} <= 30 then 'days_0_30'
            when {{ days_between('judged.due_on', 'judged.as_of') }} <= 60 then 'days_31_60'
            when {{ days_between('judged.due_on', 'judged.as_of') }} <= 90 then 'days_61_90'
            else 'days_over_90'
        end as ageing_bucket,
        {{ ratio('judged.met_amount', 'judged.due_to_date_amount') }} as collection_rate,
        case
            when judged.fx_rate is null then 'unconverted_currency'
            when judged.due_to_date_amount = 0 then 'nothing_due'
        end as collection_rate_reason,
        {{ ratio('judged.met_amount_days', 'judged.timed_amount') }} as collection_cycle_days,
        case when judged.timed_amount is null then 'nothing_received' end
            as collection_cycle_days_reason,
        judged.source,
        judged.source_row
    from judged
    left join customers on judged.account_id = customers.account_id
)

select * from final
