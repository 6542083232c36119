select
    boundary_year,
    source_code,
    target_code,
    valid_from,
    valid_to,
    share_from,
    share_to,
    area_from,
    area_to
from {{ ref('int_regions__follow_boundary_changes') }}
