-- ---
-- title_nl: Hoeveel bedrijfsvestigingen telt elke gemeente nu?
-- title_en: How many business establishments does each municipality have now?
-- description_nl: Het nieuwste cijfer per gemeente van vandaag, met de status en de bron erbij. De grootste eerst.
-- description_en: The latest figure for each current municipality, with its status and source, largest first.
-- ---
select
    r.name as municipality,
    o.region_code,
    o.year,
    o.value as establishments,
    o.value_status,
    origins.dataset_id,
    o.notice
from observations as o
join regions as r on r.region_code = o.region_code
join origins on origins.origin_id = o.origin_id
where o.indicator_id = 'establishments_count'
    and r.scheme = 'municipality'
    and r.is_current
    and o.year = (
        select max(year) from observations
        where indicator_id = 'establishments_count' and value is not null and is_over
    )
order by o.value desc
