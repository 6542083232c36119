select
    neighbours.region_code,
    neighbours.neighbour_code,
    neighbours.dataset_id,
    releases.notice
from {{ ref('int_peers__find_neighbours') }} as neighbours
cross join {{ ref('stg_raw__release') }} as releases
