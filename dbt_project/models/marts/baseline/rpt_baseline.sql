with ranked as (

    select
        figures.*,
        cast(rank() over (
            partition by figures.scheme, figures.indicator_id, figures.period_code order by figures.shown_value desc
        ) as integer) as rank_from_high,
        cast(rank() over (
            partition by figures.scheme, figures.indicator_id, figures.period_code order by figures.shown_value
        ) as integer) as rank_from_low,
        cast(count(*) over (
            partition by figures.scheme, figures.indicator_id, figures.period_code
        ) as integer) as count_all
    from {{ ref('int_baseline__read_figures') }} as figures

),

cells as (

    select
        ranked.region_code,
        ranked.indicator_id,
        indicators.theme,
        indicators.building_block,
        ranked.period_code,
        ranked.value,
        ranked.lower,
        ranked.upper,
        ranked.interval_kind,
        ranked.value_status,
        ranked.boundary_method,
        ranked.national_period,
        ranked.period_code < ranked.national_period as is_behind,
        trends.previous_value,
        trends.previous_period_code,
        {{ trend_unit('indicators.unit_en') }} as trend_unit,
        trends.change_1y,
        trends.change_5y,
        trends.trend_method,
        coalesce(trends.trend, 'unknown') as trend,
        {{ judgement_of(
            "coalesce(trends.trend, 'unknown')",
            'indicators.direction',
            'ranked.value',
            'trends.previous_value',
            'indicators.target_value'
        ) }} as trend_judgement,
        case when indicators.is_ranked then ranked.rank_from_high end as rank_from_high,
        case when indicators.is_ranked then ranked.rank_from_low end as rank_from_low,
        case when indicators.is_ranked then ranked.count_all end as count_all,
        case when indicators.is_ranked then {{ percentile_of('ranked.rank_from_high', 'ranked.count_all') }} end
            as percentile_all,
        cast(null as string) as gap
    from ranked
    inner join {{ ref('dim_indicator') }} as indicators on ranked.indicator_id = indicators.indicator_id
    left join {{ ref('int_baseline__tell_trends') }} as trends
        on
            ranked.indicator_id = trends.indicator_id
            and ranked.region_code = trends.region_code
    where ranked.is_latest

    union all

    select
        gaps.region_code,
        gaps.indicator_id,
        indicators.theme,
        indicators.building_block,
        cast(null as string) as period_code,
        cast(null as double) as value,
        cast(null as double) as lower,
        cast(null as double) as upper,
        cast(null as string) as interval_kind,
        cast(null as string) as value_status,
        cast(null as string) as boundary_method,
        cast(null as string) as national_period,
        cast(null as boolean) as is_behind,
        cast(null as double) as previous_value,
        cast(null as string) as previous_period_code,
        {{ trend_unit('indicators.unit_en') }} as trend_unit,
        cast(null as double) as change_1y,
        cast(null as double) as change_5y,
        cast(null as string) as trend_method,
        'unknown' as trend,
        'unknown' as trend_judgement,
        cast(null as integer) as rank_from_high,
        cast(null as integer) as rank_from_low,
        cast(null as integer) as count_all,
        cast(null as double) as percentile_all,
        gaps.gap
    from {{ ref('int_baseline__explain_gaps') }} as gaps
    inner join {{ ref('dim_indicator') }} as indicators on gaps.indicator_id = indicators.indicator_id

)

select
    cells.*,
    targets.target_value,
    targets.target_year,
    targets.progress as target_progress,
    releases.notice
from cells
left join {{ ref('rpt_plan_monitor') }} as targets
    on
        cells.region_code = targets.region_code
        and cells.indicator_id = targets.indicator_id
cross join {{ ref('stg_raw__release') }} as releases
