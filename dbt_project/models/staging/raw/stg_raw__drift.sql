select
    dataset_id,
    kind,
    change,
    -- A part of the key, which cannot be null: a change of a measure or unit has no dimension.
    coalesce(dimension, '') as dimension,
    coalesce(code, '') as code,
    before,
    after,
    is_blocking
from {{ source('raw', 'drift') }}
