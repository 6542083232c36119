select
    region_code,
    name,
    municipality_code,
    cast(valid_from as date) as valid_from,
    cast(valid_to as date) as valid_to,
    file,
    share,
    area_share
from {{ source('raw', 'selections') }}
