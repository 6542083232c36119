select
    code,
    level,
    title_nl,
    title_en,
    parent_code,
    lowest_isco_level,
    highest_isco_level
from {{ ref('occupations') }}
