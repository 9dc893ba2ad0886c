-- Grain: one row per organisation node and validity of its path
select
    org_id,
    org_name,
    kind,
    org_path,
    parent_path,
    region,
    team,
    depth,
    valid_from,
    valid_before
from {{ ref('int_org_path') }}
