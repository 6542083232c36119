select
    dataset_id,
    landed_sha256,
    url
from {{ source('raw', 'origins') }}
