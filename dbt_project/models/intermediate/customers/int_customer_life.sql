-- Grain: one row per customer and run of days in which it lived or was invalid, with its typed
-- lifecycle stage
-- A customer of the CRM is as alive as its most living record there; before the first export it was
-- as that shows it.
{% set names = {
    'potential': '潜在', 'interested': '意向', 'negotiating': '谈判', 'closed_deal': '成交'
} %}
with

records as (
    select * from {{ ref('int_customer_record') }}
),

customers as (
    select * from {{ ref('int_customer') }}
),

versions as (
    select * from {{ source('landed', 'accounts_version') }}
),

typed_names as (
    select lifecycle, lower(lifecycle) as typed_name
    from {{ source('rules', 'lifecycle') }}
    where kind = 'stage'
    {% for lifecycle, zh in names.items() %}
    union
    select lifecycle, '{{ zh }}' as typed_name from {{ source('rules', 'lifecycle') }}
    where kind = 'stage' and lifecycle = '{{ lifecycle }}'
    {% endfor %}
),

listed_names as (
    select * from {{ source('rules', 'lifecycle') }} where kind = 'stage' and aliases is not null
),

own as (
    select
        records.customer_id,
        records.account_id,
        lower(trim(versions.lifecycle_stage)) as typed_name,
        coalesce(versions.state, records.state, 'active') <> 'invalid' as is_alive,
        min(versions.valid_from) over (partition by records.customer_id) as first_seen_on,
        case
            when
                row_number() over (
                    partition by records.account_id
                    order by versions.valid_from, versions.version_no
                ) = 1
                then cast('1900-01-01' as date)
            else versions.valid_from
        end as valid_from,
        coalesce(
            lead(versions.valid_from) over (
                partition by records.account_id
                order by versions.valid_from, versions.version_no
            ),
            cast('9999-12-31' as date)
        ) as valid_before
    from records
    left join
        versions
        on records.account_id = versions.account_id and records.source = versions.source
    -- The CRM alone says whether a customer of the CRM lives.
    where not records.is_in_crm or records.source_kind <> 'personal'
),

starts as (
    select customer_id, first_seen_on, valid_from
    from own
    group by customer_id, first_seen_on, valid_from
),

judged as (
    select
        starts.customer_id,
        starts.valid_from,
        min(starts.first_seen_on) as first_seen_on,
        bool_or(own.is_alive) as is_alive,
        min(case when own.account_id = customers.owner_account_id then own.typed_name end)
            as own_name,
        min(own.typed_name) as any_name
    from starts
    inner join customers on starts.customer_id = customers.customer_id
    inner join own
        on
            starts.customer_id = own.customer_id
            and {{ is_valid_on('own', 'starts.valid_from') }}
    group by starts.customer_id, starts.valid_from
),

final as (
    select
        judged.customer_id,
        judged.is_alive,
        coalesce(typed_names.lifecycle, listed_names.lifecycle) as typed_lifecycle,
        -- Without a date of creation a customer is as old as the first export that shows it; and
        -- whoever is known at D was there by then, whatever its dates say.
        greatest(
            judged.valid_from,
            least(
                coalesce(customers.created_on, judged.first_seen_on, {{ as_of() }}), {{ as_of() }}
            )
        ) as valid_from,
        coalesce(
            lead(judged.valid_from)
                over (partition by judged.customer_id order by judged.valid_from),
            cast('9999-12-31' as date)
        ) as valid_before
    from judged
    inner join customers on judged.customer_id = customers.customer_id
    left join typed_names on coalesce(judged.own_name, judged.any_name) = typed_names.typed_name
    left join listed_names
        on
            {{ list_contains(
                'lower(listed_names.aliases)', 'coalesce(judged.own_name, judged.any_name)'
            ) }}
    qualify row_number() over (
        partition by judged.customer_id, judged.valid_from order by listed_names.lifecycle_order
    ) = 1
)

select * from final
where valid_from < valid_before
