-- The targets of plans, each beside the straight line from its base to it: where the newest figure should be, and is.
with targets as (

    select
        stated.region_code,
        stated.indicator_id,
        stated.title_nl,
        stated.title_en,
        stated.target_value,
        stated.target_year,
        stated.base_year,
        indicators.decimals,
        indicators.direction,
        -- A sample of which the margin is not known tells a figure from its path only by chance.
        indicators.interval_kind = 'unknown' as is_margin_unknown
    from {{ ref('stg_raw__plans') }} as stated
    inner join {{ ref('dim_indicator') }} as indicators on stated.indicator_id = indicators.indicator_id

),

figures as (

    select
        figures.indicator_id,
        figures.region_code,
        figures.period_code,
        {{ year_part_of('figures.period_code') }} as year_part,
        {{ year_of('figures.period_code') }} as year,
        figures.shown_value,
        figures.lower,
        figures.upper,
        figures.value_status,
        figures.boundary_method,
        figures.is_latest,
        figures.is_before_break
    from {{ ref('int_baseline__read_figures') }} as figures
    inner join targets
        on
            figures.indicator_id = targets.indicator_id
            and figures.region_code = targets.region_code

),

newest as (

    select
        targets.*,
        figures.period_code,
        figures.year_part,
        figures.year,
        figures.shown_value as value,
        figures.lower,
        figures.upper,
        figures.value_status,
        figures.boundary_method
    from targets
    left join figures
        on
            targets.indicator_id = figures.indicator_id
            and targets.region_code = figures.region_code
            and figures.is_latest

),

-- A base that does not move with each release: a plan that is measured from its newest figure is never behind.
bases as (

    select
        newest.region_code,
        newest.indicator_id,
        figures.period_code,
        figures.year,
        figures.shown_value as value,
        figures.is_before_break as is_broken,
        row_number() over (partition by newest.region_code, newest.indicator_id order by figures.year) as place
    from newest
    inner join figures
        on
            newest.indicator_id = figures.indicator_id
            and newest.region_code = figures.region_code
            and newest.year_part = figures.year_part
            and newest.year >= figures.year
            and newest.target_year > figures.year
    where
        newest.base_year = figures.year
        or (
            newest.base_year is null
            and figures.year >= newest.target_year - {{ var('plan_years') }}
            and not figures.is_before_break
        )

),

placed as (

    select
        newest.*,
        bases.period_code as base_period,
        bases.value as base_value,
        coalesce(bases.is_broken, false) as is_broken,
        coalesce(newest.year > bases.year, false) as has_newer,
        newest.target_year - bases.year as years_of_path,
        case when newest.year < newest.target_year then newest.year else newest.target_year end - bases.year
            as years_gone,
        -- 1 up, -1 down; 0 if going beyond the target is no better than falling short of it.
        case
            when newest.direction = 'higher_is_better' then 1
            when newest.direction = 'lower_is_better' then -1
            when newest.direction = 'closer_to_target_is_better' then 0
            when newest.target_value > bases.value then 1
            when newest.target_value < bases.value then -1
            when newest.target_value = bases.value then 0
        end as way
    from newest
    left join bases
        on
            newest.region_code = bases.region_code
            and newest.indicator_id = bases.indicator_id
            and bases.place = 1

),

planned as (

    select
        placed.*,
        case
            when not placed.is_broken and placed.has_newer
                then
                    {{ ratio_to(
                        as_decimal('placed.base_value', 6) ~ ' * placed.years_of_path + '
                        ~ difference_of('placed.target_value', 'placed.base_value') ~ ' * placed.years_gone',
                        'placed.years_of_path',
                        'placed.decimals'
                    ) }}
        end as planned_value
    from placed

),

measured as (

    select
        planned.*,
        case
            when planned.way = 0
                then
                    abs({{ difference_of('planned.planned_value', 'planned.target_value') }})
                    - abs({{ difference_of('planned.value', 'planned.target_value') }})
            else planned.way * {{ difference_of('planned.value', 'planned.planned_value') }}
        end as distance_to_path,
        case
            when planned.is_broken then null
            when planned.way = 0 then -abs({{ difference_of('planned.value', 'planned.target_value') }})
            else planned.way * {{ difference_of('planned.value', 'planned.target_value') }}
        end as distance_to_target,
        coalesce(planned.lower < planned.planned_value and planned.planned_value < planned.upper, false)
            as may_be_on_either_side,
        -- Chance may have brought it there.
        coalesce(planned.lower < planned.target_value and planned.target_value < planned.upper, false)
            as may_fall_short
    from planned

),

judged as (

    select
        measured.*,
        case
            when measured.value is null then 'no_figure'
            when measured.is_margin_unknown then 'margin_unknown'
            when measured.is_broken then 'break'
            when measured.distance_to_target >= 0 and not measured.may_fall_short then null
            when measured.base_value is null then 'no_base'
            when not measured.has_newer then 'no_newer'
        end as gap
    from measured

)

select
    judged.region_code,
    judged.indicator_id,
    judged.title_nl,
    judged.title_en,
    judged.base_period,
    judged.base_value,
    judged.target_value,
    cast(judged.target_year as integer) as target_year,
    judged.period_code,
    judged.value,
    judged.lower,
    judged.upper,
    coalesce(judged.value_status, 'missing') as value_status,
    coalesce(judged.boundary_method, 'unavailable') as boundary_method,
    judged.planned_value,
    cast(judged.distance_to_path as double) as distance_to_path,
    cast(judged.distance_to_target as double) as distance_to_target,
    case
        when judged.gap is not null then 'cannot_be_said'
        when judged.distance_to_target >= 0 and not judged.may_fall_short then 'reached'
        when judged.may_be_on_either_side then 'unclear'
        when judged.distance_to_path >= 0 then 'on_path'
        else 'behind'
    end as progress,
    judged.gap,
    this_release.notice
from judged
cross join {{ ref('stg_raw__release') }} as this_release
