-- Every pair of municipalities with at least two groups of features in common, and the ten nearest to each within the
-- greatest distance: once by the features of the economy, and once by those of the population.
with kinds as (

    select
        feature,
        'economy' as similarity_kind
    from {{ ref('peer_features') }}
    where is_in_economy
    union all
    select
        feature,
        'population' as similarity_kind
    from {{ ref('peer_features') }}
    where is_in_population

),

features as (

    select
        kinds.similarity_kind,
        measured.region_code,
        measured.feature,
        measured.feature_group,
        -- As decimals their differences are exact, so that equal ones are a tie.
        {{ as_decimal('measured.z_score', 6, 18) }} as z_score
    from {{ ref('int_peers__measure_features') }} as measured
    inner join kinds on measured.feature = kinds.feature

),

differences as (

    select
        own.similarity_kind,
        own.region_code,
        peers.region_code as peer_code,
        own.feature,
        own.feature_group,
        cast(abs(own.z_score - peers.z_score) as double) as difference
    from features as own
    inner join features as peers
        on
            own.similarity_kind = peers.similarity_kind
            and own.feature = peers.feature
            and own.region_code <> peers.region_code

),

group_distances as (

    select
        similarity_kind,
        region_code,
        peer_code,
        feature_group,
        avg(difference * difference) as squared_distance,
        count(*) as features_count
    from differences
    group by similarity_kind, region_code, peer_code, feature_group

),

distances as (

    select
        similarity_kind,
        region_code,
        peer_code,
        {{ round_to('sqrt(avg(squared_distance))', 6) }} as distance,
        sum(features_count) as features_count
    from group_distances
    group by similarity_kind, region_code, peer_code
    having count(*) >= 2

),

ranked as (

    select
        similarity_kind,
        region_code,
        peer_code,
        distance,
        features_count,
        row_number() over (
            partition by similarity_kind, region_code order by distance, peer_code
        ) as similarity_rank
    from distances
    where distance <= {{ var('max_peer_distance') }}

),

nearest as (

    select * from ranked
    where similarity_rank <= {{ var('max_peers') }}

),

ordered_differences as (

    select
        nearest.similarity_kind,
        nearest.region_code,
        nearest.peer_code,
        nearest.features_count,
        differences.feature,
        differences.difference,
        row_number() over (
            partition by nearest.similarity_kind, nearest.region_code, nearest.peer_code
            order by differences.difference, differences.feature
        ) as place
    from nearest
    inner join differences
        on
            nearest.similarity_kind = differences.similarity_kind
            and nearest.region_code = differences.region_code
            and nearest.peer_code = differences.peer_code

),

-- A feature is never both: the second of either needs four features, and one that is equal is not different.
extremes as (

    select
        similarity_kind,
        region_code,
        peer_code,
        max(case when place = 1 then feature end) as most_alike_1,
        max(case when place = 2 and features_count >= 4 then feature end) as most_alike_2,
        max(case when place = features_count and difference > 0 then feature end) as most_different_1,
        max(
            case when place = features_count - 1 and features_count >= 4 and difference > 0 then feature end
        ) as most_different_2
    from ordered_differences
    group by similarity_kind, region_code, peer_code

)

select
    nearest.similarity_kind,
    nearest.region_code,
    nearest.peer_code,
    nearest.similarity_rank,
    nearest.distance,
    nearest.features_count,
    mutual.peer_code is not null as is_mutual,
    extremes.most_alike_1,
    extremes.most_alike_2,
    extremes.most_different_1,
    extremes.most_different_2
from nearest
inner join extremes
    on
        nearest.similarity_kind = extremes.similarity_kind
        and nearest.region_code = extremes.region_code
        and nearest.peer_code = extremes.peer_code
left join nearest as mutual
    on
        nearest.similarity_kind = mutual.similarity_kind
        and nearest.region_code = mutual.peer_code
        and nearest.peer_code = mutual.region_code
