select
    indicator_id,
    period_code,
    text_nl,
    text_en
from {{ ref('known_breaks') }}
