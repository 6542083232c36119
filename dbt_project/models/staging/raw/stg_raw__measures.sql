select
    dataset_id,
    measure_code,
    source_code,
    cast(source_index as integer) as source_index,
    title,
    unit,
    cast(decimals as integer) as decimals
from {{ source('raw', 'measures') }}
