select
    warning_id,
    title_nl,
    title_en,
    text_nl,
    text_en
from {{ ref('usage_warnings') }}
