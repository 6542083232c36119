-- ---
-- title_nl: Waar kunnen mensen uit een beroep met een overschot heen?
-- title_en: Where could people from an occupation with a surplus go?
-- description_nl: Per beroep met een overschot in de arbeidsmarktregio de nabije beroepen met een tekort, eerst in hetzelfde segment en dan in dezelfde klasse, met het aantal vacatures. Een overschot zonder tekort in de buurt staat er ook bij, zonder beroep erachter. Nabij zegt niets over diploma's of wensen.
-- description_en: For each occupation with a surplus in the labour market region, related occupations with a shortage, first in the same segment and then in the same class, with the number of vacancies. A surplus without a related shortage is shown too, with no occupation beside it. Being related says nothing about diplomas or preferences.
-- parameters:
--   region:
--     default: AM11
--     nl: code van een arbeidsmarktregio
--     en: code of a labour market region
-- ---
select
    r.name as region,
    t.period_code,
    t.title_nl as from_occupation,
    t.ww_short_count as people_with_a_short_benefit,
    t.tension_ratio as from_tension,
    m.nearness,
    o.title_nl as to_occupation,
    m.to_vacancies_count as vacancies,
    m.to_ww_short_count as people_there_already,
    m.to_tension_ratio as to_tension,
    t.occupation_code as from_occupation_code,
    m.to_occupation_code,
    t.region_code,
    'uwv/spanningsindicator' as dataset_id,
    t.notice
from labour_tension as t
join regions as r on r.region_code = t.region_code
left join occupation_mobility as m
    on m.region_code = t.region_code
    and m.period_code = t.period_code
    and m.from_occupation_code = t.occupation_code
left join occupations as o on o.code = m.to_occupation_code
where t.region_code = :region
    and t.occupation_level = 'group'
    and t.market = 'surplus'
    and t.period_code = (select max(period_code) from labour_tension where is_over)
order by t.ww_short_count desc, t.occupation_code, m.nearness desc, m.to_vacancies_count desc
