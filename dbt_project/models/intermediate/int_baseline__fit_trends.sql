-- Whether the newest five figures with margins of their source lie on a line that goes up or down, by the test of
-- Fingertips (UK Office for Health Improvement): a line weighted by the margins, whose slope is significant at 0.2 per
-- cent and keeps its sign whichever of the five is left out.
with counted as (

    select
        figures.indicator_id,
        figures.region_code,
        figures.value,
        -- The standard error is a 3.92nd of the interval.
        3.92 * 3.92 / nullif((figures.upper - figures.lower) * (figures.upper - figures.lower), 0) as weight,
        6 - row_number() over (
            partition by figures.indicator_id, figures.region_code order by figures.start_date desc
        ) as x
    from {{ ref('int_baseline__read_figures') }} as figures
    where
        figures.interval_kind = 'source'
        and not figures.is_before_break

),

points as (

    select
        counted.*,
        counted.weight * counted.x as weight_x,
        counted.weight * counted.value as weight_y,
        counted.weight * counted.x * counted.x as weight_xx,
        counted.weight * counted.x * counted.value as weight_xy
    from counted
    where counted.x >= 1

),

sums as (

    select
        indicator_id,
        region_code,
        sum(weight) as w,
        sum(weight_x) as wx,
        sum(weight_y) as wy,
        sum(weight_xx) as wxx,
        sum(weight_xy) as wxy
    from points
    group by indicator_id, region_code
    having count(weight) = 5

),

lines as (

    select
        sums.*,
        sums.w * sums.wxy - sums.wx * sums.wy as slope_sign,
        (sums.w * sums.wxy - sums.wx * sums.wy) * (sums.w * sums.wxy - sums.wx * sums.wy)
        / ((sums.w * sums.wxx - sums.wx * sums.wx) * sums.w) as chi_squared
    from sums

),

-- The sign of the slope without each of the five; the divisor of a slope is always positive.
without_one as (

    select
        lines.indicator_id,
        lines.region_code,
        min(
            sign(
                (lines.w - points.weight) * (lines.wxy - points.weight_xy)
                - (lines.wx - points.weight_x) * (lines.wy - points.weight_y)
            )
        ) as least_sign,
        max(
            sign(
                (lines.w - points.weight) * (lines.wxy - points.weight_xy)
                - (lines.wx - points.weight_x) * (lines.wy - points.weight_y)
            )
        ) as greatest_sign
    from lines
    inner join points
        on
            lines.indicator_id = points.indicator_id
            and lines.region_code = points.region_code
    group by lines.indicator_id, lines.region_code

)

select
    lines.indicator_id,
    lines.region_code,
    case
        when lines.chi_squared <= {{ var('chi_squared_of_trend') }} then 'unclear'
        when lines.slope_sign > 0 and without_one.least_sign = 1 then 'rising'
        when lines.slope_sign < 0 and without_one.greatest_sign = -1 then 'falling'
        else 'unclear'
    end as trend
from lines
inner join without_one
    on
        lines.indicator_id = without_one.indicator_id
        and lines.region_code = without_one.region_code
