select
    dataset_id,
    dimension,
    role,
    code,
    title,
    status,
    cast(code_index as integer) as code_index
from {{ source('raw', 'codes') }}
