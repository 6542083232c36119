select
    dataset_id,
    kind,
    change,
    dimension,
    code,
    before,
    after,
    blocks
from {{ ref('stg_raw__drift') }}
