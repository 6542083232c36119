select
    boundaries.dataset_id,
    boundaries.boundary_year,
    boundaries.region_code,
    boundaries.name,
    boundaries.geometry,
    origins.origin_id,
    origins.notice
from {{ ref('stg_raw__boundaries') }} as boundaries
left join {{ ref('dim_origin') }} as origins
    on
        boundaries.dataset_id = origins.dataset_id
        and boundaries.landed_sha256 = origins.landed_sha256
