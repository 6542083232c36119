select
    indicator_id,
    theme,
    title_nl,
    title_en,
    definition_nl,
    definition_en,
    unit_nl,
    unit_en,
    decimals,
    direction,
    kind,
    dataset_id,
    measure_code,
    coalesce(dims, '') as dims,
    multiplier,
    min_value,
    max_value
from {{ ref('indicators') }}
