select
    region_code,
    tile_column,
    tile_row
from {{ ref('municipality_tiles') }}
