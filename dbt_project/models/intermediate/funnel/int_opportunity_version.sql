-- Grain: one row per opportunity and run of days in which stage, owner, amount and expected close
-- stood
-- Also of opportunities deleted since. The first export speaks for the days before it, back to
-- creation.
with

versions as (
    select * from {{ source('landed', 'opportunities_version') }}
),

opportunities as (
    select * from {{ ref('int_opportunity') }}
),

owners as (
    select opportunity_id, min(source) as source
    from versions
    group by opportunity_id
),

sources as (
    select source, min(valid_from) as source_first_on
    from versions
    group by source
),

own as (
    select
        versions.opportunity_id,
        versions.stage,
        coalesce(versions.owner_id, 'unknown') as owner_id,
        versions.amount,
        coalesce(versions.currency, company.currency) as currency,
        versions.expected_close_on,
        versions.valid_from as shown_on,
        versions.valid_before as shown_before,
        sources.source_first_on,
        opportunities.opportunity_id is null as is_deleted,
        opportunities.created_on,
        opportunities.stage as stage_as_of,
        opportunities.pipeline
    from versions
    cross join {{ source('reference', 'company') }} as company
    inner join owners on versions.opportunity_id = owners.opportunity_id
    inner join sources on versions.source = sources.source
    left join opportunities on versions.opportunity_id = opportunities.opportunity_id
    where versions.source = coalesce(opportunities.source, owners.source)
),

numbered as (
    select
        own.*,
        row_number()
            over (partition by opportunity_id order by shown_on, shown_before nulls last)
            as version_no,
        lead(shown_on)
            over (partition by opportunity_id order by shown_on, shown_before nulls last)
            as next_shown_on
    from own
),

final as (
    select
        opportunity_id,
        version_no,
        -- An export taken after D knows more than D did.
        case
            when shown_on > {{ as_of() }} and not is_deleted then stage_as_of else stage
        end as stage,
        owner_id,
        amount,
        currency,
        expected_close_on,
        source_first_on,
        shown_on,
        case
            when
                version_no = 1
                then least(shown_on, coalesce(created_on, shown_on), {{ as_of() }})
            else shown_on
        end
            as valid_from,
        -- A gap between two showings is bridged; a deleted one ends when it was last missed.
        coalesce(
            next_shown_on, case when is_deleted then shown_before end, cast('9999-12-31' as date)
        ) as valid_before,
        pipeline,
        created_on,
        is_deleted
    from numbered
)

select * from final
where valid_from <= {{ as_of() }}
