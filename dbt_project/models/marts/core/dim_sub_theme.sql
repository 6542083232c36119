select
    sub_theme,
    sub_theme_order,
    title_nl,
    title_en
from {{ ref('sub_themes') }}
