with newest as (

    select max(period_code) as period_code
    from {{ ref('labour_tension') }}
    where is_over

),

-- Groups whose place in BRC 2014 is known; the country as a whole is left out.
groups as (

    select tension.*
    from {{ ref('labour_tension') }} as tension
    inner join newest on tension.period_code = newest.period_code
    where
        tension.occupation_level = 'group'
        and tension.region_code <> 'NL01'

)

select
    surplus.region_code,
    surplus.period_code,
    surplus.occupation_code as from_occupation_code,
    shortage.occupation_code as to_occupation_code,
    surplus.year,
    case when surplus.segment_code = shortage.segment_code then 'segment' else 'class' end as nearness,
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
        and surplus.class_code = shortage.class_code
where
    surplus.market = 'surplus'
    and shortage.market = 'shortage'
