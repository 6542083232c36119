select
    peers.similarity_kind,
    peers.region_code,
    peers.peer_code,
    cast(peers.similarity_rank as integer) as similarity_rank,
    peers.distance,
    cast(peers.features_count as integer) as features_count,
    peers.is_mutual,
    peers.most_alike_1,
    peers.most_alike_2,
    peers.most_different_1,
    peers.most_different_2,
    releases.notice
from {{ ref('int_peers__find_similar') }} as peers
cross join {{ ref('stg_raw__release') }} as releases
