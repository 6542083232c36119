select
    similar.region_code,
    similar.peer_code,
    cast(similar.similarity_rank as integer) as similarity_rank,
    similar.distance,
    cast(similar.features_count as integer) as features_count,
    cast(release.notice as string) as notice
from {{ ref('int_peers__find_similar') }} as similar
cross join {{ source('raw', 'release') }} as release
