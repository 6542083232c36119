-- ---
-- title_nl: Welke beroepen zijn in een arbeidsmarktregio het krapst?
-- title_en: Which occupations are tightest in a labour market region?
-- description_nl: De spanning van het nieuwste kwartaal, de krapste beroepen eerst, in vacatures per persoon met een korte WW-uitkering. Beroepen zonder spanning staan onderaan, met de reden. Met NL01 ziet u Nederland.
-- description_en: The tension in the latest quarter, tightest occupations first, in vacancies per person on unemployment benefit for less than six months. Occupations without a tension come last, with the reason. NL01 shows the Netherlands.
-- parameters:
--   region:
--     default: AM11
--     nl: code van een arbeidsmarktregio
--     en: code of a labour market region
-- ---
select
    r.name as region,
    t.period_code,
    t.title_nl as occupation,
    t.title_en as occupation_in_english,
    t.tension_ratio,
    t.tension_class,
    t.tension_label_uwv,
    t.market,
    t.vacancies_count,
    t.ww_short_count,
    t.value_status,
    t.no_ratio_reason,
    t.method,
    t.occupation_code,
    t.region_code,
    'uwv/spanningsindicator' as dataset_id,
    t.notice
from labour_tension as t
join regions as r on r.region_code = t.region_code
where t.region_code = :region
    and t.occupation_level in ('group', 'uwv_group')
    and t.period_code = (select max(period_code) from labour_tension where is_over)
order by t.tension_ratio is null, t.tension_ratio desc, t.occupation_code
