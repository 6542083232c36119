select
    dataset_id,
    cast(boundary_year as integer) as boundary_year,
    region_code,
    name,
    geometry,
    landed_sha256
from {{ source('raw', 'boundaries') }}
