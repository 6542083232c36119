select
    programme_id,
    title_nl,
    title_en,
    description_nl,
    description_en
from {{ ref('programmes') }}
