select
    indicator_id,
    reason
from {{ source('raw', 'blocked') }}
