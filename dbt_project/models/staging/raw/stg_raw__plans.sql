select
    region_code,
    indicator_id,
    target_value,
    target_year,
    base_year,
    title_nl,
    title_en,
    file
from {{ source('raw', 'plans') }}
