-- Grain: one row per lead source × region × created week; (all) where not broken down
-- A lead that the same phone (else WeChat id) brings again within 30 days is the same lead, counted
-- once.
with

leads as (
    select * from {{ source('landed', 'leads') }}
),

opportunities as (
    select opportunity_id, account_id, created_at, created_on from {{ ref('stg_opportunities') }}
),

orders as (
    select * from {{ ref('stg_orders') }}
    where
        order_id in (
            select effective_orders.order_id
            from {{ ref('int_order') }} as effective_orders
            where effective_orders.is_effective
        )
),

records as (
    select account_id, customer_id from {{ ref('int_customer_record') }}
),

weeks as (
    select * from {{ source('reference', 'period') }} where period_type = 'week'
),

effective as (
    select
        orders.opportunity_id,
        coalesce(records.customer_id, orders.account_id) as customer_id,
        min(orders.signed_on) as signed_on
    from orders
    left join records on orders.account_id = records.account_id
    where orders.signed_on <= {{ as_of() }}
    group by orders.opportunity_id, coalesce(records.customer_id, orders.account_id)
),

keyed as (
    select
        leads.*,
        coalesce(nullif(leads.phone, ''), nullif(leads.wechat_id, ''), leads.lead_id)
            as contact_key,
        coalesce(records.customer_id, leads.converted_account_id) as converted_customer_id
    from leads
    left join records on leads.converted_account_id = records.account_id
    where leads.created_on <= {{ as_of() }}
),

followed as (
    select
        keyed.*,
        lag(created_on) over (partition by contact_key order by created_at, lead_id) as previous_on
    from keyed
),

chained as (
    select
        followed.*,
        sum(
            case
                when
                    previous_on is null or {{ days_between('previous_on', 'created_on') }} > 30
                    then 1
                else 0
            end
        ) over (
            partition by contact_key
            order by created_at, lead_id rows between unbounded preceding and current row
        ) as chain_no
    from followed
),

-- What any of the doubles became counts for the first of them.
merged as (
    select
        contact_key,
        chain_no,
        min(created_at) as created_at,
        min(created_on) as created_on,
        min_by(
            coalesce(lead_source, 'unknown'),
            concat(cast(created_at as {{ dbt.type_string() }}), lead_id)
        )
            as lead_source,
        min_by(
            coalesce(region, 'unknown'),
            concat(cast(created_at as {{ dbt.type_string() }}), lead_id)
        )
            as region,
        count(*) as record_count,
        -- Valid as judged; where nobody judged, a well-formed phone and a status that is not
        -- invalid.
        max(case
            when is_valid then 1
            when
                is_valid is null
                and coalesce(status, '') <> 'invalid'
                and length(phone) = 11
                and phone like '1%'
                then 1
            else 0
        end) as is_valid,
        max(
            case when assigned_at is not null and assigned_on <= {{ as_of() }} then 1 else 0 end
        ) as is_assigned,
        max(
            case
                when
                    first_response_at is not null and first_response_on <= {{ as_of() }}
                    then 1
                else 0
            end
        )
            as is_responded,
        min(case when converted_opportunity_id is not null then lead_id end) as converted_lead_id
    from chained
    group by contact_key, chain_no
),

deals as (
    select
        chained.contact_key,
        chained.chain_no,
        opportunities.created_at,
        opportunities.opportunity_id
    from chained
    inner join opportunities on chained.converted_opportunity_id = opportunities.opportunity_id
),

first_deals as (
    select contact_key, chain_no, min(created_at) as opportunity_at, count(*) as deal_count
    from deals
    group by contact_key, chain_no
),

-- By its deal, or by its customer where the order names no deal; one join each, so that both can be
-- looked up.
ordered_by_deal as (
    select chained.contact_key, chained.chain_no
    from chained
    inner join effective on chained.converted_opportunity_id = effective.opportunity_id
),

ordered_by_customer as (
    select chained.contact_key, chained.chain_no
    from chained
    inner join effective
        on
            chained.converted_customer_id = effective.customer_id
            and chained.created_on <= effective.signed_on
    where effective.opportunity_id is null
),

ordered as (
    select contact_key, chain_no
    from (
        select * from ordered_by_deal
        union all
        select * from ordered_by_customer
    ) as either
    group by contact_key, chain_no
),

judged as (
    select
        merged.*,
        case when first_deals.deal_count > 0 then 1 else 0 end as has_opportunity,
        case
            when first_deals.opportunity_at <= {{ hours_after('merged.created_at', 168) }} then 1
            else 0
        end as has_opportunity_in_week,
        case when ordered.contact_key is not null then 1 else 0 end as has_order
    from merged
    left join
        first_deals
        on merged.contact_key = first_deals.contact_key and merged.chain_no = first_deals.chain_no
    left join
        ordered
        on merged.contact_key = ordered.contact_key and merged.chain_no = ordered.chain_no
),

{% set sums %}
        count(*) as lead_count,
        sum(record_count) as record_count,
        sum(is_valid) as valid_count,
        sum(is_assigned) as assigned_count,
        sum(is_responded) as responded_count,
        sum(has_opportunity) as opportunity_count,
        sum(has_order) as order_count,
        sum(has_opportunity_in_week) as first_week_count,
        max(created_on) as youngest_on
{%- endset %}
cells as (
    {% for source, region in [
        ('lead_source', 'region'), ('lead_source', "'(all)'"),
        ("'(all)'", 'region'), ("'(all)'", "'(all)'"),
    ] %}
    select
        {{ source if source.startswith("'") else 'judged.' ~ source }} as lead_source,
        {{ region if region.startswith("'") else 'judged.' ~ region }} as region,
        weeks.period_start, weeks.period_end, weeks.period_label,
        {{ sums }}
    from judged
    inner join
        weeks
        on judged.created_on >= weeks.period_start and judged.created_on <= weeks.period_end
    group by 1, 2, 3, 4, 5
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

matured as (
    select
        cells.*,
        -- Until the youngest is seven days old, and only once the week itself is over.
        {{ days_after('youngest_on', 7) }} <= {{ as_of() }}
        and period_end <= {{ as_of() }} as is_mature
    from cells
),

final as (
    select
        lead_source,
        region,
        period_start as week_start,
        period_end as week_end,
        period_label as week_label,
        cast(lead_count as bigint) as leads,
        cast(record_count as bigint) as lead_records,
        cast(valid_count as bigint) as valid,
        cast(assigned_count as bigint) as assigned,
        cast(responded_count as bigint) as responded,
        cast(opportunity_count as bigint) as to_opportunity,
        cast(order_count as bigint) as to_order,
        {{ rate(ratio('valid_count', 'lead_count')) }} as valid_rate,
        {{ rate(ratio('opportunity_count', 'lead_count')) }} as opportunity_rate,
        {{ rate(ratio('order_count', 'lead_count')) }} as yield_rate,
        cast(first_week_count as bigint) as to_opportunity_in_first_week,
        case
            when is_mature then {{ rate(ratio('first_week_count', 'lead_count')) }}
        end as first_week_rate,
        case when not is_mature then 'immature' end as first_week_rate_reason
    from matured
)

select * from final
