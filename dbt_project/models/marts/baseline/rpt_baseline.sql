with ranked as (

    select
        figures.*,
        cast(rank() over (
            partition by figures.scheme, figures.indicator_id, figures.period_code order by figures.sort_value
        ) as integer) as rank_all,
        cast(count(*) over (
            partition by figures.scheme, figures.indicator_id, figures.period_code
        ) as integer) as count_all
    from {{ ref('int_baseline__read_figures') }} as figures

),

latest as (

    select * from ranked
    where is_latest

),

compared as (

    select
        latest.*,
        indicators.theme,
        indicators.building_block,
        indicators.direction,
        previous.value as previous_value,
        previous.period_code as previous_period_code,
        {{ trend_unit('indicators.unit_en') }} as trend_unit,
        indicators.is_comparable,
        case
            when indicators.is_comparable
                then {{ change_between('latest.value', 'previous.value', 'indicators.unit_en') }}
        end as change_1y,
        case
            when indicators.is_comparable
                then {{ change_between('latest.value', 'earlier.value', 'indicators.unit_en') }}
        end as change_5y
    from latest
    inner join {{ ref('dim_indicator') }} as indicators on latest.indicator_id = indicators.indicator_id
    left join ranked as previous
        on
            latest.indicator_id = previous.indicator_id
            and latest.region_code = previous.region_code
            and previous.period_code = {{ years_before('latest.period_code', 1) }}
    left join ranked as earlier
        on
            latest.indicator_id = earlier.indicator_id
            and latest.region_code = earlier.region_code
            and earlier.period_code = {{ years_before('latest.period_code', 5) }}

),

trended as (

    select
        compared.*,
        case
            when compared.change_1y is null then 'unknown'
            when abs(compared.change_1y) <= case compared.trend_unit when 'points' then 0.5 else 1 end then 'stable'
            when compared.change_1y > 0 then 'rising'
            else 'falling'
        end as trend
    from compared

),

cells as (

    select
        region_code,
        indicator_id,
        theme,
        building_block,
        period_code,
        value,
        value_status,
        boundary_method,
        national_period,
        period_code < national_period as is_behind,
        previous_value,
        previous_period_code,
        trend_unit,
        change_1y,
        change_5y,
        trend,
        case
            when trend = 'unknown' then 'unknown'
            when trend = 'stable' or direction = 'neutral' then 'neutral'
            when (trend = 'rising') = (direction = 'higher_is_better') then 'better'
            else 'worse'
        end as trend_judgement,
        case when is_comparable then rank_all end as rank_all,
        case when is_comparable then count_all end as count_all,
        case when is_comparable then {{ percentile_of('rank_all', 'count_all') }} end as percentile_all,
        cast(null as string) as gap
    from trended

    union all

    select
        gaps.region_code,
        gaps.indicator_id,
        indicators.theme,
        indicators.building_block,
        cast(null as string) as period_code,
        cast(null as double) as value,
        cast(null as string) as value_status,
        cast(null as string) as boundary_method,
        cast(null as string) as national_period,
        cast(null as boolean) as is_behind,
        cast(null as double) as previous_value,
        cast(null as string) as previous_period_code,
        {{ trend_unit('indicators.unit_en') }} as trend_unit,
        cast(null as double) as change_1y,
        cast(null as double) as change_5y,
        'unknown' as trend,
        'unknown' as trend_judgement,
        cast(null as integer) as rank_all,
        cast(null as integer) as count_all,
        cast(null as double) as percentile_all,
        gaps.gap
    from {{ ref('int_baseline__explain_gaps') }} as gaps
    inner join {{ ref('dim_indicator') }} as indicators on gaps.indicator_id = indicators.indicator_id

)

select
    cells.*,
    releases.notice
from cells
cross join {{ ref('stg_raw__release') }} as releases
