-- Grain: one row per ledger entry of a booking and credited person
-- Append-only in effect: a closed day changes only by rows recorded later. A reversal takes
-- back what
-- was booked, from whom it was credited to, at the rate of the booking.
with

entries as (
    select * from {{ ref('int_booking_entry') }}
),

orders as (
    select * from {{ ref('stg_orders') }}
),

opportunities as (
    select * from {{ ref('stg_opportunities') }}
),

shares as (
    select * from {{ ref('int_credit_share') }}
),

places as (
    select * from {{ ref('int_account_place') }}
),

tiers as (
    select * from {{ ref('int_customer_tier_span') }}
),

memberships as (
    select * from {{ ref('int_person_org') }}
),

-- A split whose shares do not make 1 falls back to the row's own person.
split_keys as (
    select credit_key, is_valid
    from shares
    group by credit_key, is_valid
),

credited as (
    select
        entries.*,
        split_keys.is_valid as is_split_valid,
        coalesce(shares.person_id, entries.person_id, 'unknown') as credited_person_id,
        coalesce(shares.share_from, cast(0 as decimal(18, 6))) as share_from,
        coalesce(shares.share_to, cast(1 as decimal(18, 6))) as share_to
    from entries
    left join split_keys
        on entries.credit_key = split_keys.credit_key
    left join shares on split_keys.is_valid and split_keys.credit_key = shares.credit_key
),

parted as (
    select
        credited.*,
        cast(
            {{ part_of('position_after', 'share_from', 'share_to') }}
            - {{ part_of('position_before', 'share_from', 'share_to') }} as decimal(18, 4)
        ) as original_part,
        cast(
            {{ part_of('reporting_after', 'share_from', 'share_to') }}
            - {{ part_of('reporting_before', 'share_from', 'share_to') }} as decimal(18, 4)
        ) as reporting_part,
        -- A count is not divided: it goes to the largest share, of equal ones to who signed.
        row_number() over (
            partition by entry_id
            order by
                share_to - share_from desc,
                case when credited_person_id = person_id then 0 else 1 end asc,
                credited_person_id asc
        ) as credit_place
    from credited
),

placed as (
    select
        parted.*,
        memberships.org_path,
        memberships.team,
        memberships.region as person_region
    from parted
    left join memberships
        on
            parted.credited_person_id = memberships.person_id
            and {{ is_valid_on('memberships', 'parted.signed_on') }}
    -- Two posts on one day: the newer one is credited.
    qualify row_number() over (
        partition by parted.entry_id, parted.credited_person_id
        order by memberships.valid_from desc, memberships.org_path asc
    ) = 1
),

final as (
    select
        concat(placed.entry_id, '|', placed.credited_person_id) as booking_entry_id,
        placed.booking_id,
        placed.entry_kind,
        placed.booked_on,
        placed.recorded_on,
        placed.signed_on,
        placed.order_id,
        placed.opportunity_id,
        placed.customer_id,
        placed.account_id,
        placed.credited_person_id as person_id,
        coalesce(placed.org_path, '/unknown/') as org_path,
        coalesce(placed.team, 'unknown') as team,
        coalesce(placed.region, places.region, placed.person_region, 'unknown') as region,
        placed.product_line,
        placed.customer_type,
        coalesce(tiers.tier, 'unknown') as tier,
        placed.original_part as original_amount,
        placed.currency,
        placed.fx_rate,
        placed.reporting_part as amount,
        cast(placed.share_to - placed.share_from as decimal(18, 6)) as credit_share_rate,
        case when not placed.is_split_valid then 'split_not_one' end as credit_reason,
        cast(case when placed.credit_place = 1 then placed.effective_step else 0 end as bigint)
            as effective_step,
        placed.actual_source,
        placed.source,
        coalesce(orders.source_row, opportunities.source_row) as source_row
    from placed
    left join places
        on
            placed.account_id = places.account_id
            and {{ is_valid_on('places', 'placed.signed_on') }}
    -- Graded as it stood before: a signing must not grade itself.
    left join tiers
        on
            placed.customer_id = tiers.customer_id
            and placed.signed_on > tiers.valid_from
            and placed.signed_on <= tiers.valid_before
    left join orders
        on
            placed.actual_source = 'orders'
            and placed.booking_id = concat('order|', orders.order_id, '|', orders.line_no)
    left join opportunities
        on
            placed.actual_source = 'won_opportunities'
            and placed.opportunity_id = opportunities.opportunity_id
)

select * from final
