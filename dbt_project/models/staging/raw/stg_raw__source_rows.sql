select
    dataset_id,
    outcome,
    rows_count
from {{ source('raw', 'source_rows') }}
