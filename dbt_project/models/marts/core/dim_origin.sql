select
    cast(row_number() over (order by landed.dataset_id, landed.landed_sha256) as integer) as origin_id,
    landed.dataset_id,
    landed.url,
    landed.landed_sha256,
    sources.source_modified,
    sources.landed_at,
    sources.notice
from {{ ref('stg_raw__origins') }} as landed
inner join {{ ref('dim_source') }} as sources on landed.dataset_id = sources.dataset_id
