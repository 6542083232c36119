select
    dataset_id,
    place_code,
    name,
    municipality_code,
    cast(boundary_year as integer) as boundary_year,
    landed_sha256
from {{ source('raw', 'places') }}
