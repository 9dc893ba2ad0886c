-- Grain: one row per month × tier
-- Where the contacts go, beside where the money comes from; and the needs reports that a tier's
-- customers are owed.
with

activities as (
    select * from {{ ref('fct_activity') }} where occurred_on <= {{ as_of() }}
),

bookings as (
    select * from {{ ref('fct_booking') }}
),

places as (
    select * from {{ ref('int_customer_place') }}
),

lives as (
    select * from {{ ref('int_customer_life') }}
),

cadence as (
    select * from {{ source('rules', 'cadence') }}
),

company as (
    select * from {{ source('reference', 'company') }}
),

months as (
    select
        periods.period_start,
        periods.period_end,
        periods.period_label,
        least(periods.period_end, company.as_of) as end_on
    from {{ source('reference', 'period') }} as periods
    cross join company
    where
        periods.period_type = 'month'
        and periods.period_start <= company.as_of
        and periods.period_end >= coalesce(company.first_recorded_on, company.as_of)
),

contacted as (
    select
        months.period_start,
        activities.tier,
        count(*) as contact_count,
        sum(case when activities.is_qualifying then 1 else 0 end) as qualifying_count
    from activities
    inner join months
        on
            activities.occurred_on >= months.period_start
            and activities.occurred_on <= months.period_end
    group by months.period_start, activities.tier
),

booked as (
    select
        months.period_start,
        bookings.tier,
        {{ money('coalesce(sum(bookings.amount), 0)') }} as signed_amount
    from bookings
    inner join months
        on bookings.booked_on >= months.period_start and bookings.booked_on <= months.period_end
    group by months.period_start, bookings.tier
),

-- Who owes is who stands in the tier when the month ends.
standing as (
    select months.period_start, places.tier, places.customer_id
    from months
    inner join places on {{ is_valid_on('places', 'months.end_on') }}
    inner join lives
        on
            places.customer_id = lives.customer_id
            and {{ is_valid_on('lives', 'months.end_on') }}
    where lives.is_alive
),

reports as (
    select months.period_start, activities.customer_id, count(*) as report_count
    from activities
    inner join months
        on
            activities.occurred_on >= months.period_start
            and activities.occurred_on <= months.period_end
    where activities.kind = 'needs_report' and activities.customer_id is not null
    group by months.period_start, activities.customer_id
),

customers as (
    select
        standing.period_start,
        standing.tier,
        count(*) as customer_count,
        sum(coalesce(cadence.needs_reports_per_month, 0)) as reports_owed,
        sum(
            least(coalesce(reports.report_count, 0), coalesce(cadence.needs_reports_per_month, 0))
        ) as reports_done
    from standing
    left join cadence on standing.tier = cadence.tier
    left join reports
        on
            standing.period_start = reports.period_start
            and standing.customer_id = reports.customer_id
    group by standing.period_start, standing.tier
),

cells as (
    select period_start, tier from contacted
    union
    select period_start, tier from booked
    union
    select period_start, tier from customers
),

joined as (
    select
        cells.period_start,
        cells.tier,
        coalesce(customers.customer_count, 0) as customer_count,
        coalesce(contacted.contact_count, 0) as contact_count,
        coalesce(contacted.qualifying_count, 0) as qualifying_count,
        coalesce(booked.signed_amount, 0) as signed_amount,
        coalesce(customers.reports_owed, 0) as reports_owed,
        coalesce(customers.reports_done, 0) as reports_done,
        sum(coalesce(contacted.contact_count, 0))
            over (partition by cells.period_start)
            as all_contact_count,
        sum(coalesce(booked.signed_amount, 0))
            over (partition by cells.period_start)
            as all_signed_amount
    from cells
    left join
        customers
        on cells.period_start = customers.period_start and cells.tier = customers.tier
    left join
        contacted
        on cells.period_start = contacted.period_start and cells.tier = contacted.tier
    left join booked on cells.period_start = booked.period_start and cells.tier = booked.tier
),

final as (
    select
        joined.period_start,
        months.period_end,
        months.period_label,
        joined.tier,
        joined.customer_count,
        joined.contact_count,
        cast(joined.qualifying_count as bigint) as qualifying_count,
        cast(joined.all_contact_count as bigint) as all_contact_count,
        {{ ratio('joined.contact_count', 'joined.all_contact_count') }} as effort_share,
        case when joined.all_contact_count = 0 then 'no_contacts' end as effort_share_reason,
        cast(joined.signed_amount as decimal(18, 2)) as signed_amount,
        cast(joined.all_signed_amount as decimal(18, 2)) as all_signed_amount,
        case
            when
                joined.all_signed_amount > 0
                then {{ ratio('joined.signed_amount', 'joined.all_signed_amount') }}
        end
            as amount_share,
        case when joined.all_signed_amount <= 0 then 'no_sales' end as amount_share_reason,
        cast(joined.reports_owed as bigint) as needs_reports_owed,
        cast(joined.reports_done as bigint) as needs_reports_done,
        {{ ratio('joined.reports_done', 'joined.reports_owed') }} as needs_report_rate,
        case when joined.reports_owed = 0 then 'not_owed' end as needs_report_reason
    from joined
    inner join months on joined.period_start = months.period_start
)

select * from final
