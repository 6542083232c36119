select
    dataset_id,
    place_code,
    name,
    municipality_code,
    cast(frame_year as integer) as frame_year,
    landed_sha256
from {{ source('raw', 'places') }}
