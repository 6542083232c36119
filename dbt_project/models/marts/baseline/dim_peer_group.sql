select
    peer_group,
    group_order,
    similarity_kind,
    title_nl,
    title_en,
    case when similarity_kind is not null then {{ var('max_peers') }} end as max_peers,
    case when similarity_kind is not null then cast({{ var('max_peer_distance') }} as double) end as max_distance
from {{ ref('peer_groups') }}
