select
    observations.indicator_id,
    observations.region_code,
    observations.period_code,
    {{ year_of('observations.period_code') }} as year,
    observations.value,
    observations.value_status,
    observations.is_over,
    observations.source_mark,
    observations.dataset_id,
    observations.measure_code,
    observations.dims,
    sources.source_modified,
    observations.landed_sha256,
    sources.notice
from {{ ref('int_observations__select_indicators') }} as observations
left join {{ ref('dim_source') }} as sources on observations.dataset_id = sources.dataset_id
