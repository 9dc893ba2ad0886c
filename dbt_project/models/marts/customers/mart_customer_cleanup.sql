-- Grain: one row per customer on the clean-up list of the quarter
-- Nobody spoke to it and nothing was ordered for long, its telephone cannot be one, or its credit
-- code stands twice.
with

customers as (
    select * from {{ ref('int_customer') }} where state <> 'invalid'
),

records as (
    select * from {{ ref('int_customer_record') }}
),

contacts as (
    select * from {{ ref('int_customer_contact') }}
),

order_events as (
    select customer_id, max(event_on) as last_order_on
    from {{ ref('int_order_event') }}
    where step = 1
    group by customer_id
),

owners as (
    select customer_id, known_on from {{ ref('int_customer_owner') }}
),

settings as (
    select
        {{ months_after_column(as_of(), '-lifecycle_settings.cleanup_months') }} as quiet_since_on
    from {{ source('rules', 'lifecycle_settings') }} as lifecycle_settings
),

today as (
    select quarter_label
    from {{ source('reference', 'calendar_day') }}
    where date_day = {{ as_of() }}
),

people as (
    select * from {{ ref('stg_people') }}
),

-- Records of one customer count too: they are to be merged where they were typed.
codes as (
    select credit_code, count(*) as record_count
    from records
    where credit_code is not null and source_kind <> 'personal' and state <> 'invalid'
    group by credit_code
    having count(*) > 1
),

doubled as (
    select
        records.customer_id,
        min(records.credit_code) as credit_code,
        max(codes.record_count) as record_count
    from records
    inner join codes on records.credit_code = codes.credit_code
    group by records.customer_id
),

judged as (
    select
        customers.*,
        contacts.last_any_contact_on,
        order_events.last_order_on,
        -- Whoever is younger than that has not been quiet for so long.
        coalesce(owners.known_on, settings.quiet_since_on) <= settings.quiet_since_on
        and coalesce(contacts.last_any_contact_on, settings.quiet_since_on)
        <= settings.quiet_since_on
        and coalesce(order_events.last_order_on, settings.quiet_since_on)
        <= settings.quiet_since_on as is_quiet,
        customers.phone is not null
        and not coalesce({{ is_well_formed_phone('customers.phone') }}, false)
            as is_phone_bad,
        doubled.customer_id is not null as is_code_doubled,
        coalesce(doubled.record_count, 0) as code_record_count
    from customers
    cross join settings
    left join contacts on customers.customer_id = contacts.customer_id
    left join order_events on customers.customer_id = order_events.customer_id
    left join owners on customers.customer_id = owners.customer_id
    left join doubled on customers.customer_id = doubled.customer_id
),

final as (
    select
        judged.customer_id,
        judged.account_name as customer_name,
        coalesce(judged.owner_id, 'unknown') as person_id,
        coalesce(people.person_name, judged.owner_id, 'unknown') as owner_name,
        today.quarter_label,
        concat_ws(
            '|',
            case when judged.is_quiet then 'no_contact_and_no_order' end,
            case when judged.is_phone_bad then 'bad_phone' end,
            case when judged.is_code_doubled then 'duplicate_credit_code' end
        ) as reasons,
        judged.is_quiet,
        judged.is_phone_bad,
        judged.is_code_doubled,
        cast(judged.code_record_count as bigint) as code_record_count,
        judged.last_any_contact_on,
        judged.last_order_on,
        judged.created_on,
        {{ masked('judged.phone') }} as phone_masked,
        judged.source,
        judged.source_row,
        {{ rules_version() }} as rules_version
    from judged
    cross join today
    left join people on judged.owner_id = people.person_id
    where judged.is_quiet or judged.is_phone_bad or judged.is_code_doubled
)

select * from final
