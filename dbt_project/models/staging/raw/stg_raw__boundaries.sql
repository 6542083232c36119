select
    dataset_id,
    cast(frame_year as integer) as frame_year,
    region_code,
    name,
    geometry,
    landed_sha256
from {{ source('raw', 'boundaries') }}
