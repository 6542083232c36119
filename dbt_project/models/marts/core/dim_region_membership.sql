select
    scheme,
    region_code,
    municipality_code,
    valid_from,
    valid_to,
    share,
    area_share,
    source,
    checked_on
from {{ ref('int_regions__collect_memberships') }}
