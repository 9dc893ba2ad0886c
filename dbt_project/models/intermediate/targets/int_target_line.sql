-- Grain: one row per target in force as it was given and scope that it speaks of
-- A unit is a scope of the organisation and, where it is one, also the company, a region or a team.
with

lines as (
    select * from {{ source('cascade', 'target_line') }}
),

scopes as (
    select * from {{ ref('int_target_line_scope') }}
),

usable as (
    select *
    from lines
    where
        is_accepted
        and removed_on is null
        and (effective_on is null or effective_on <= {{ as_of() }})
    qualify row_number() over (
        partition by {{ target_figure() | join(', ') }}
        order by coalesce(effective_on, start_on) desc, recorded_on desc, line asc
    ) = 1
),

placed as (
    select
        usable.*,
        scopes.org_name,
        scopes.own_scope_type,
        scopes.own_scope_id,
        scopes.scope_type as given_type,
        scopes.scope_id as given_id
    from usable
    inner join scopes on usable.line = scopes.line
),

final as (
    select placed.*, given_type as scope_type, given_id as scope_id
    from placed
    where given_type is not null
    union all
    select placed.*, 'org' as scope_type, holder_id as scope_id
    from placed
    where
        own_scope_type in ('company', 'region', 'team')
        and product_line is null
        and customer_type is null
    union all
    select placed.*, 'customer_type' as scope_type, customer_type as scope_id
    from placed
    where customer_type is not null and product_line is null and own_scope_type = 'company'
)

select * from final
