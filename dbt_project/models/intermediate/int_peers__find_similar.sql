-- Every pair of municipalities with at least two groups of features in common, and the ten nearest to each.
with features as (

    select * from {{ ref('int_peers__measure_features') }}

),

group_distances as (

    select
        own.region_code,
        peers.region_code as peer_code,
        own.feature_group,
        avg((own.z_score - peers.z_score) * (own.z_score - peers.z_score)) as squared_distance,
        count(*) as features_count
    from features as own
    inner join features as peers
        on
            own.feature = peers.feature
            and own.region_code <> peers.region_code
    group by own.region_code, peers.region_code, own.feature_group

),

distances as (

    select
        region_code,
        peer_code,
        {{ round_to('sqrt(avg(squared_distance))', 6) }} as distance,
        sum(features_count) as features_count
    from group_distances
    group by region_code, peer_code
    having count(*) >= 2

),

ranked as (

    select
        region_code,
        peer_code,
        distance,
        features_count,
        row_number() over (partition by region_code order by distance, peer_code) as similarity_rank
    from distances

)

select
    region_code,
    peer_code,
    similarity_rank,
    distance,
    features_count
from ranked
where similarity_rank <= 10
