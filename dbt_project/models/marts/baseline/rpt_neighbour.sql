select
    neighbours.region_code,
    neighbours.neighbour_code,
    neighbours.dataset_id,
    sources.notice
from {{ ref('int_peers__find_neighbours') }} as neighbours
inner join {{ ref('dim_source') }} as sources on neighbours.dataset_id = sources.dataset_id
