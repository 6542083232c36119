select
    peers.region_code,
    peers.municipality_code,
    peers.peer_code,
    peers.place,
    peers.distance,
    this_release.notice
from {{ ref('int_cooperation__find_similar') }} as peers
cross join {{ ref('stg_raw__release') }} as this_release
