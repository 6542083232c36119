select
    indicators.indicator_id,
    indicators.theme,
    indicators.title_nl,
    indicators.title_en,
    indicators.definition_nl,
    indicators.definition_en,
    indicators.unit_nl,
    indicators.unit_en,
    indicators.decimals,
    indicators.direction,
    indicators.kind,
    indicators.dataset_id,
    indicators.measure_code,
    coalesce(indicators.dims, '') as dims,
    indicators.multiplier,
    indicators.min_value,
    indicators.max_value,
    case when blocked.indicator_id is null then 'available' else 'blocked' end as state,
    blocked.reason as state_reason
from {{ ref('indicators') }} as indicators
left join {{ source('raw', 'blocked') }} as blocked on indicators.indicator_id = blocked.indicator_id
