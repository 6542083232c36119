select
    dataset_id,
    place_code,
    name,
    municipality_code,
    cast(boundary_year as integer) as boundary_year,
    cast(addresses_count as integer) as addresses_count,
    landed_sha256
from {{ source('raw', 'places') }}
