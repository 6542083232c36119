-- ---
-- title_nl: Welke cijfers zijn niet definitief of ontbreken, en waarom?
-- title_en: Which figures are not final or are missing, and why?
-- description_nl: Per indicator, jaar en status het aantal cijfers en het merkteken dat de bron erbij zet. Ontbreken, geheim, onmogelijk en nul zijn hier verschillende dingen.
-- description_en: For each indicator, year and status, the number of figures and how the source marks them. Missing, secret, impossible and zero are different things here.
-- ---
select
    i.title_nl,
    i.title_en,
    o.year,
    o.value_status,
    o.source_mark,
    count(*) as figures,
    min(r.name) as for_example,
    i.dataset_id,
    max(o.notice) as notice
from observations as o
join indicators as i on i.indicator_id = o.indicator_id
join regions as r on r.region_code = o.region_code
where o.value_status <> 'final'
group by o.indicator_id, i.title_nl, i.title_en, o.year, o.value_status, o.source_mark, i.dataset_id
order by o.year desc, figures desc, o.indicator_id
