-- ---
-- title_nl: Waar kunnen mensen uit een beroep met een overschot heen?
-- title_en: Where could people from an occupation with a surplus go?
-- description_nl: Per beroep met een overschot in de arbeidsmarktregio de beroepen met een tekort in hetzelfde segment, van hetzelfde niveau of één hoger of lager, met het aantal vacatures. Een overschot zonder zo'n tekort staat er ook bij, en zonder overschot is er één rij die dat zegt. Hetzelfde segment en niveau zeggen niets over diploma's of wensen.
-- description_en: For each occupation with a surplus in the labour market region, the occupations with a shortage in the same segment, of the same level or one higher or lower, with the number of vacancies. A surplus without such a shortage is shown too, and if there is no surplus, one row says so. The same segment and level say nothing about diplomas or preferences.
-- parameters:
--   region:
--     default: AM11
--     nl: code van een arbeidsmarktregio
--     en: code of a labour market region
-- ---
with newest as (
    select max(period_code) as period_code from labour_tension where is_over
)
select
    r.name as region,
    newest.period_code,
    t.title_nl as from_occupation,
    t.ww_short_count as people_with_a_short_benefit,
    t.tension_ratio as from_tension,
    case
        when t.occupation_code is null then 'geen overschot / no surplus'
        when m.to_occupation_code is null then 'geen tekort in de buurt / no shortage near'
        when m.level_step = 0 then 'zelfde niveau / same level'
        when m.level_step = 1 then 'een niveau hoger / one level higher'
        else 'een niveau lager / one level lower'
    end as way,
    o.title_nl as to_occupation,
    m.to_vacancies_count as vacancies,
    m.to_ww_short_count as people_there_already,
    m.to_tension_ratio as to_tension,
    t.occupation_code as from_occupation_code,
    m.to_occupation_code,
    r.region_code,
    'uwv/spanningsindicator' as dataset_id,
    (select notice from release) as notice
from regions as r
cross join newest
left join labour_tension as t
    on t.region_code = r.region_code
    and t.period_code = newest.period_code
    and t.occupation_level in ('group', 'uwv_group')
    and t.market = 'surplus'
left join occupation_mobility as m
    on m.region_code = t.region_code
    and m.period_code = t.period_code
    and m.from_occupation_code = t.occupation_code
left join occupations as o on o.code = m.to_occupation_code
where r.region_code = :region
    and r.scheme = 'labour_market_region'
order by t.ww_short_count desc, t.occupation_code, abs(m.level_step), m.to_vacancies_count desc
