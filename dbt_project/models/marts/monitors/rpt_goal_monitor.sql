-- Every goal for every municipality, labour market region, province, group of cities and the country. Where a region
-- has no figure of its own, that of the smallest region around it which has one; where there is none, the row says why.
with figures as (

    select
        figures.indicator_id,
        figures.region_code,
        figures.period_code,
        {{ year_part_of('figures.period_code') }} as year_part,
        {{ year_of('figures.period_code') }} as year,
        figures.value,
        figures.shown_value,
        figures.lower,
        figures.upper,
        figures.value_status,
        figures.boundary_method,
        figures.is_latest,
        figures.is_before_break
    from {{ ref('int_baseline__read_figures') }} as figures
    where figures.indicator_id in (select goals.indicator_id from {{ ref('dim_goal') }} as goals)

),

regions as (

    select distinct region_code from {{ ref('int_goals__place_regions') }}

),

lines as (

    select
        goals.goal_id,
        goals.programme_id,
        goals.indicator_id,
        goals.desired,
        goals.target_value,
        goals.closed_source,
        regions.region_code,
        indicators.direction,
        indicators.decimals,
        {{ trend_unit('indicators.unit_en') }} as change_unit
    from {{ ref('dim_goal') }} as goals
    cross join regions
    left join {{ ref('indicators') }} as indicators on goals.indicator_id = indicators.indicator_id

),

found as (

    select
        lines.*,
        places.figure_region_code,
        figures.period_code,
        figures.year,
        figures.year_part,
        figures.value,
        figures.shown_value,
        figures.lower,
        figures.upper,
        figures.value_status,
        figures.boundary_method,
        row_number() over (partition by lines.goal_id, lines.region_code order by places.distance) as place
    from lines
    inner join {{ ref('int_goals__place_regions') }} as places on lines.region_code = places.region_code
    inner join figures
        on
            lines.indicator_id = figures.indicator_id
            and places.figure_region_code = figures.region_code
    where figures.is_latest

),

newest as (

    select * from found
    where place = 1

),

-- Five years earlier, or else the first year since then with the same part of the year, and after any break.
earlier as (

    select
        newest.goal_id,
        newest.region_code,
        figures.period_code,
        figures.value,
        figures.shown_value,
        figures.lower,
        figures.upper,
        row_number() over (partition by newest.goal_id, newest.region_code order by figures.year) as place
    from newest
    inner join figures
        on
            newest.indicator_id = figures.indicator_id
            and newest.figure_region_code = figures.region_code
            and newest.year_part = figures.year_part
            and figures.year between newest.year - 5 and newest.year - 1
    where not figures.is_before_break

),

compared as (

    select
        lines.*,
        newest.figure_region_code,
        newest.period_code,
        newest.year,
        newest.value,
        newest.value_status,
        newest.boundary_method,
        country.value as national_value,
        earlier.period_code as from_period,
        {{ change_between('newest.value', 'earlier.value', 'lines.change_unit') }} as change,
        case
            when lines.desired = 'near' then -abs(newest.value - lines.target_value)
            when lines.direction = 'lower_is_better' then lines.target_value - newest.value
            else newest.value - lines.target_value
        end as distance_to_target,
        case
            when lines.desired = 'near'
                then
                    abs(earlier.shown_value - lines.target_value) - abs(newest.shown_value - lines.target_value)
            when lines.direction = 'lower_is_better' then earlier.shown_value - newest.shown_value
            else newest.shown_value - earlier.shown_value
        end as improvement,
        -- What chance alone can have moved is no progress.
        coalesce(newest.lower <= earlier.upper and earlier.lower <= newest.upper, false) as may_be_chance
    from lines
    left join newest
        on
            lines.goal_id = newest.goal_id
            and lines.region_code = newest.region_code
    left join figures as country
        on
            newest.indicator_id = country.indicator_id
            and newest.period_code = country.period_code
            and country.region_code = 'NL01'
    left join earlier
        on
            lines.goal_id = earlier.goal_id
            and lines.region_code = earlier.region_code
            and earlier.place = 1

)

select
    compared.goal_id,
    compared.region_code,
    compared.programme_id,
    compared.indicator_id,
    compared.figure_region_code,
    compared.period_code,
    compared.year,
    compared.value,
    coalesce(compared.value_status, 'missing') as value_status,
    coalesce(compared.boundary_method, 'unavailable') as boundary_method,
    compared.national_value,
    compared.direction,
    compared.desired,
    compared.target_value,
    {{ round_to('compared.distance_to_target', 'compared.decimals') }} as distance_to_target,
    compared.from_period,
    compared.change,
    case when compared.change is not null then compared.change_unit end as change_unit,
    case
        when {{ round_to('compared.distance_to_target', 'compared.decimals') }} >= 0 then 'reached'
        when compared.improvement is null then 'unknown'
        when compared.improvement = 0 then 'unchanged'
        when compared.may_be_chance then 'unclear'
        when compared.improvement > 0 then 'closer'
        else 'further'
    end as progress,
    case
        when compared.value is not null then null
        when compared.closed_source is not null then 'no_open_source'
        when compared.indicator_id is null then 'no_indicator'
        else 'missing'
    end as gap,
    this_release.notice
from compared
cross join {{ ref('stg_raw__release') }} as this_release
