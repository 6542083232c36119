select
    code,
    level,
    title_nl,
    title_en,
    parent_code
from {{ ref('occupations') }}
