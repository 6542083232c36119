-- For each municipality of a cooperation region the most similar ones in economy that are in no pilot and not in the
-- region itself: what the region is laid beside. A pilot's later members took part too.
with members as (

    select
        region_code,
        municipality_code
    from {{ ref('int_cooperation__find_territory') }}

),

schemes as (

    select
        region_code,
        scheme
    from {{ ref('int_regions__collect_codes') }}

),

took_part as (

    select members.municipality_code
    from members
    inner join schemes on members.region_code = schemes.region_code
    where schemes.scheme = 'proeftuin'
    union
    select municipality_code
    from {{ ref('int_regions__list_members_on_boundaries') }}
    where
        boundary_year = {{ var('newest_boundary_year') }}
        and scheme = 'proeftuin'

),

ranked as (

    select
        members.region_code,
        members.municipality_code,
        peers.peer_code,
        peers.distance,
        row_number() over (
            partition by members.region_code, members.municipality_code order by peers.similarity_rank
        ) as place
    from members
    inner join {{ ref('int_peers__find_similar') }} as peers
        on
            members.municipality_code = peers.region_code
            and peers.similarity_kind = 'economy'
    left join took_part on peers.peer_code = took_part.municipality_code
    left join members as own
        on
            members.region_code = own.region_code
            and peers.peer_code = own.municipality_code
    where
        took_part.municipality_code is null
        and own.municipality_code is null

)

select
    region_code,
    municipality_code,
    peer_code,
    cast(place as integer) as place,
    distance
from ranked
where place <= {{ var('max_cooperation_peers') }}
