select
    peers.region_code,
    peers.peer_code,
    cast(peers.similarity_rank as integer) as similarity_rank,
    peers.distance,
    cast(peers.features_count as integer) as features_count,
    releases.notice
from {{ ref('int_peers__find_similar') }} as peers
cross join {{ ref('stg_raw__release') }} as releases
