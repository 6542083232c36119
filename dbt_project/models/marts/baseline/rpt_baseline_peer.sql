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
        region_code,
        indicator_id,
        period_code,
        peer_group,
        peer_group_code,
        is_wanted,
        rank() over (
            partition by indicator_id, period_code, peer_group, peer_group_code order by shown_value desc
        ) as rank_from_high,
        rank() over (
            partition by indicator_id, period_code, peer_group, peer_group_code order by shown_value
        ) as rank_from_low
    from grouped

),

summaries as (

    select
        indicator_id,
        period_code,
        peer_group,
        peer_group_code,
        count(*) as peers_count,
        -- The mean of the two middle figures, without floating-point noise.
        {{ round_to('median(value)', 6) }} as median_value,
        min(value) as lowest_value,
        max(value) as highest_value
    from grouped
    group by indicator_id, period_code, peer_group, peer_group_code

)

select
    ranked.region_code,
    ranked.indicator_id,
    ranked.peer_group,
    ranked.peer_group_code,
    ranked.period_code,
    cast(ranked.rank_from_high as integer) as rank_from_high,
    cast(ranked.rank_from_low as integer) as rank_from_low,
    cast(summaries.peers_count as integer) as peers_count,
    {{ percentile_of('ranked.rank_from_high', 'summaries.peers_count') }} as percentile,
    summaries.median_value as median,
    summaries.lowest_value as lowest,
    summaries.highest_value as highest,
    releases.notice
from ranked
inner join summaries
    on
        ranked.indicator_id = summaries.indicator_id
        and ranked.period_code = summaries.period_code
        and ranked.peer_group = summaries.peer_group
        and ranked.peer_group_code = summaries.peer_group_code
cross join {{ ref('stg_raw__release') }} as releases
where ranked.is_wanted
