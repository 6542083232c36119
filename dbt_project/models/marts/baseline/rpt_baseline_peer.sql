with figures as (

    select figures.*
    from {{ ref('int_baseline__read_figures') }} as figures
    inner join {{ ref('dim_indicator') }} as indicators on figures.indicator_id = indicators.indicator_id
    where
        figures.scheme = 'municipality'
        and indicators.is_ranked

),

-- The periods that are the latest of some municipality; no others are compared.
compared_periods as (

    select distinct
        indicator_id,
        period_code
    from figures
    where is_latest

),

grouped as (

    select
        figures.region_code,
        figures.indicator_id,
        figures.period_code,
        figures.value,
        figures.shown_value,
        figures.is_latest and peers.is_compared as is_wanted,
        peers.peer_group,
        peers.peer_group_code
    from figures
    inner join compared_periods
        on
            figures.indicator_id = compared_periods.indicator_id
            and figures.period_code = compared_periods.period_code
    inner join {{ ref('int_peers__collect_groups') }} as peers on figures.region_code = peers.region_code

),

ranked as (

    select
        *,
        rank() over (
            partition by indicator_id, period_code, peer_group, peer_group_code order by shown_value desc
        ) as rank_from_high,
        rank() over (
            partition by indicator_id, period_code, peer_group, peer_group_code order by shown_value
        ) as rank_from_low,
        count(*) over (
            partition by indicator_id, period_code, peer_group, peer_group_code
        ) as peers_count
    from grouped

),

-- A municipality is set beside the others, so its own figure is not in their median. Alone it is compared with nobody.
beside_others as (

    select
        own.region_code,
        own.indicator_id,
        own.peer_group,
        own.peer_group_code,
        own.period_code,
        own.rank_from_high,
        own.rank_from_low,
        own.peers_count,
        -- The mean of the two middle figures, without floating-point noise.
        {{ round_to('median(peers.value)', 6) }} as median_value,
        min(peers.value) as lowest_value,
        max(peers.value) as highest_value
    from ranked as own
    inner join grouped as peers
        on
            own.indicator_id = peers.indicator_id
            and own.period_code = peers.period_code
            and own.peer_group = peers.peer_group
            and own.peer_group_code = peers.peer_group_code
            and own.region_code <> peers.region_code
    where own.is_wanted
    group by
        own.region_code,
        own.indicator_id,
        own.peer_group,
        own.peer_group_code,
        own.period_code,
        own.rank_from_high,
        own.rank_from_low,
        own.peers_count

)

select
    beside_others.region_code,
    beside_others.indicator_id,
    beside_others.peer_group,
    beside_others.peer_group_code,
    beside_others.period_code,
    cast(beside_others.rank_from_high as integer) as rank_from_high,
    cast(beside_others.rank_from_low as integer) as rank_from_low,
    cast(beside_others.peers_count as integer) as peers_count,
    {{ percentile_of('beside_others.rank_from_high', 'beside_others.peers_count') }} as percentile,
    beside_others.median_value as median,
    beside_others.lowest_value as lowest,
    beside_others.highest_value as highest,
    releases.notice
from beside_others
cross join {{ ref('stg_raw__release') }} as releases
