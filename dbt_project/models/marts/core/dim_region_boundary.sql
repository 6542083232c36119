select
    boundaries.dataset_id,
    boundaries.frame_year,
    boundaries.region_code,
    boundaries.name,
    boundaries.geometry,
    boundaries.landed_sha256,
    sources.notice
from {{ ref('stg_raw__boundaries') }} as boundaries
left join {{ ref('dim_source') }} as sources on boundaries.dataset_id = sources.dataset_id
