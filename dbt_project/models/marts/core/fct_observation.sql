select
    observations.indicator_id,
    observations.region_code,
    observations.period_code,
    {{ year_of('observations.period_code') }} as year,
    observations.value,
    observations.value_status,
    observations.is_over,
    observations.source_mark,
    margins.lower,
    margins.upper,
    margins.interval_kind,
    origins.origin_id,
    origins.notice
from {{ ref('int_observations__select_indicators') }} as observations
left join {{ ref('int_observations__read_margins') }} as margins
    on
        observations.indicator_id = margins.indicator_id
        and observations.region_code = margins.region_code
        and observations.period_code = margins.period_code
        and observations.value is not null
left join {{ ref('dim_origin') }} as origins
    on
        observations.dataset_id = origins.dataset_id
        and observations.landed_sha256 = origins.landed_sha256
