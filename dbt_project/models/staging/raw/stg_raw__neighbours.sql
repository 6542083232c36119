select
    dataset_id,
    region_code,
    neighbour_code
from {{ source('raw', 'neighbours') }}
