select
    scheme,
    level_order,
    pattern,
    title_nl,
    title_en
from {{ ref('region_schemes') }}
