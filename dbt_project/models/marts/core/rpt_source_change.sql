select
    dataset_id,
    kind,
    change,
    dimension,
    code,
    before,
    after,
    is_blocking
from {{ ref('stg_raw__drift') }}
