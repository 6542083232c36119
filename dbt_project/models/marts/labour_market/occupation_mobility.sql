with newest as (

    select max(period_code) as period_code
    from {{ ref('labour_tension') }}
    where is_over

),

-- Groups whose place in BRC 2014 is known, with their levels; the country as a whole is left out.
groups as (

    select
        tension.*,
        occupations.lowest_isco_level,
        occupations.highest_isco_level
    from {{ ref('labour_tension') }} as tension
    inner join newest on tension.period_code = newest.period_code
    inner join {{ ref('occupations') }} as occupations on tension.occupation_code = occupations.code
    where
        tension.occupation_level = 'group'
        and tension.region_code <> 'NL01'

),

ways as (

    select
        surplus.region_code,
        surplus.period_code,
        surplus.occupation_code as from_occupation_code,
        shortage.occupation_code as to_occupation_code,
        surplus.year,
        surplus.segment_code,
        -- Of a group with occupations of several levels, the level that is furthest away counts.
        case
            when
                abs(shortage.highest_isco_level - surplus.lowest_isco_level)
                >= abs(shortage.lowest_isco_level - surplus.highest_isco_level)
                then shortage.highest_isco_level - surplus.lowest_isco_level
            else shortage.lowest_isco_level - surplus.highest_isco_level
        end as level_step,
        surplus.tension_ratio as from_tension_ratio,
        surplus.ww_short_count as from_ww_short_count,
        shortage.tension_ratio as to_tension_ratio,
        shortage.vacancies_count as to_vacancies_count,
        shortage.ww_short_count as to_ww_short_count,
        surplus.notice
    from groups as surplus
    inner join groups as shortage
        on
            surplus.region_code = shortage.region_code
            and surplus.segment_code = shortage.segment_code
    where
        surplus.market = 'surplus'
        and shortage.market = 'shortage'

)

select
    region_code,
    period_code,
    from_occupation_code,
    to_occupation_code,
    year,
    segment_code,
    level_step,
    from_tension_ratio,
    from_ww_short_count,
    to_tension_ratio,
    to_vacancies_count,
    to_ww_short_count,
    notice
from ways
where abs(level_step) <= 1
