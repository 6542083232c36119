select
    theme,
    theme_order,
    title_nl,
    title_en,
    description_nl,
    description_en
from {{ ref('themes') }}
