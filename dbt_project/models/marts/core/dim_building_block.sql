select
    building_block,
    title_nl,
    title_en
from {{ ref('building_blocks') }}
