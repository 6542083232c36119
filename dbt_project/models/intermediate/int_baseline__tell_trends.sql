-- What the latest figure of each region did since one, two and five years before, and whether that is a trend. A figure
-- from before a break in the series counts as absent.
with latest as (

    select figures.*
    from {{ ref('int_baseline__read_figures') }} as figures
    inner join {{ ref('dim_indicator') }} as indicators on figures.indicator_id = indicators.indicator_id
    where
        figures.is_latest
        and indicators.is_comparable

),

earlier as (

    select
        latest.indicator_id,
        latest.region_code,
        {{ year_of('latest.period_code') }} - {{ year_of('figures.period_code') }} as years_ago,
        figures.period_code,
        figures.value,
        figures.shown_value,
        figures.lower,
        figures.upper
    from latest
    inner join {{ ref('int_baseline__read_figures') }} as figures
        on
            latest.indicator_id = figures.indicator_id
            and latest.region_code = figures.region_code
            and figures.period_code in (
                {{ years_before('latest.period_code', 1) }},
                {{ years_before('latest.period_code', 2) }},
                {{ years_before('latest.period_code', 5) }}
            )
    where not figures.is_before_break

),

side_by_side as (

    select
        latest.indicator_id,
        latest.region_code,
        {{ trend_unit('indicators.unit_en') }} as trend_unit,
        latest.value,
        latest.shown_value,
        latest.lower,
        latest.upper,
        one.value as previous_value,
        one.period_code as previous_period_code,
        one.shown_value as previous_shown_value,
        one.lower as previous_lower,
        one.upper as previous_upper,
        two.shown_value as second_shown_value,
        five.value as fifth_value,
        fits.trend as fitted_trend
    from latest
    inner join {{ ref('dim_indicator') }} as indicators on latest.indicator_id = indicators.indicator_id
    left join {{ ref('int_baseline__fit_trends') }} as fits
        on latest.indicator_id = fits.indicator_id and latest.region_code = fits.region_code
    left join earlier as one
        on latest.indicator_id = one.indicator_id and latest.region_code = one.region_code and one.years_ago = 1
    left join earlier as two
        on latest.indicator_id = two.indicator_id and latest.region_code = two.region_code and two.years_ago = 2
    left join earlier as five
        on latest.indicator_id = five.indicator_id and latest.region_code = five.region_code and five.years_ago = 5

),

methods as (

    select
        side_by_side.*,
        case
            when side_by_side.fitted_trend is not null then 'five_points'
            when side_by_side.lower is not null and side_by_side.previous_lower is not null then 'interval'
            when
                side_by_side.previous_shown_value is not null and side_by_side.second_shown_value is not null
                then 'three_years'
        end as trend_method
    from side_by_side

)

select
    indicator_id,
    region_code,
    trend_unit,
    previous_value,
    previous_period_code,
    {{ change_between('value', 'previous_value', 'trend_unit') }} as change_1y,
    {{ change_between('value', 'fifth_value', 'trend_unit') }} as change_5y,
    trend_method,
    case trend_method
        when 'five_points'
            then fitted_trend
        when 'interval'
            then
                case
                    when lower > previous_upper then 'rising'
                    when upper < previous_lower then 'falling'
                    else 'unclear'
                end
        when 'three_years'
            then
                case
                    when shown_value > previous_shown_value and previous_shown_value > second_shown_value then 'rising'
                    when shown_value < previous_shown_value and previous_shown_value < second_shown_value then 'falling'
                    when shown_value = previous_shown_value and previous_shown_value = second_shown_value then 'stable'
                    else 'unclear'
                end
        else 'unknown'
    end as trend
from methods
