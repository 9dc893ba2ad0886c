-- Grain: one row per metric, level, scenario, day and leaf: the atoms that every target is a sum of
with

atoms as (
    select * from {{ source('cascade', 'target_atom') }}
),

leaves as (
    select * from {{ ref('int_target_leaf') }}
),

versions as (
    select * from {{ source('cascade', 'target_version') }}
    where is_in_force
),

final as (
    select
        atoms.metric,
        atoms.level,
        atoms.scenario,
        atoms.date_day as target_on,
        {% for column in leaf_columns() -%}
        leaves.{{ column }},
        {% endfor -%}
        leaves.person_id = 'unallocated' as is_unallocated,
        atoms.value as target,
        {{ version_label('versions') }} as target_version
    from atoms
    inner join leaves on atoms.leaf_no = leaves.leaf_no
    inner join versions
        on
            atoms.metric = versions.metric
            and atoms.level = versions.level
            and atoms.scenario = versions.scenario
)

select * from final
