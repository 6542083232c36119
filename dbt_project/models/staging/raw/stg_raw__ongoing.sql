select
    dataset_id,
    measure_code,
    period_code
from {{ source('raw', 'ongoing') }}
