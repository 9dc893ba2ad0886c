-- Grain: one row per version of the rules workbook that D may know
select
    rules_version,
    file_name,
    cast(arrived_at as timestamp) as arrived_at,
    modified_by as saved_by,
    cast(modified_at as timestamp) as saved_at,
    is_usable,
    is_in_force,
    error_count
from {{ source('rules', 'workbook_version') }}
-- The same content that arrived again is the same version.
qualify row_number() over (partition by rules_version order by is_in_force desc, arrived_at asc) = 1
