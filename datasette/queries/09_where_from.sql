-- ---
-- title_nl: Waar komt dit cijfer vandaan?
-- title_en: Where does this figure come from?
-- description_nl: Alle jaren van een indicator voor een regio, met de tabel, de maat en de selectie in de bron, wanneer de bron die wijzigde, de vingerafdruk van de opgehaalde bytes en de bronvermelding.
-- description_en: All years of an indicator for a region, with the table, measure and selection in the source, when the source changed it, the fingerprint of the data received and the attribution.
-- parameters:
--   region:
--     default: GM0363
--     nl: code van de regio
--     en: code of the region
--   indicator:
--     default: establishments_count
--     nl: code van de indicator
--     en: code of the indicator
-- ---
select
    r.name as region,
    i.title_en as indicator,
    o.period_code,
    o.value,
    i.unit_en as unit,
    o.value_status,
    s.publisher,
    s.table_id,
    s.title_en as table_title,
    i.measure_code,
    i.dims,
    i.multiplier,
    origins.url,
    origins.source_modified,
    origins.landed_sha256,
    s.attribution,
    s.licence,
    s.homepage_url,
    o.notice
from observations as o
join regions as r on r.region_code = o.region_code
join indicators as i on i.indicator_id = o.indicator_id
join origins on origins.origin_id = o.origin_id
join sources as s on s.dataset_id = origins.dataset_id
where o.region_code = :region and o.indicator_id = :indicator
order by o.period_code desc
