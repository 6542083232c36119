select
    scheme,
    region_code,
    municipality_code,
    valid_from,
    valid_to,
    dataset_id
from {{ ref('int_regions__read_memberships') }}
