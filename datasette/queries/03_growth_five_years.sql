-- ---
-- title_nl: Waar groeide het aantal bedrijfsvestigingen het meest in vijf jaar?
-- title_en: Where did the number of establishments grow most over five years?
-- description_nl: Het nieuwste jaar naast vijf jaar eerder, voor gemeenten die in beide jaren een cijfer hebben. Een gemeente die er in die tijd een andere bij kreeg groeit ook daardoor; de cijfers zijn zoals gepubliceerd, zonder omrekening.
-- description_en: The latest year compared with five years earlier, for municipalities with a figure in both. A municipality that absorbed another also grows because of that; the figures are as published, without recalculation.
-- parameters:
--   indicator:
--     default: establishments_count
--     nl: code van een indicator die telt
--     en: code of an indicator that counts
-- ---
with newest as (
    select indicator_id, max(year) as year
    from observations
    where indicator_id = :indicator and value is not null and is_over
    group by indicator_id
)

select
    r.name as municipality,
    a.year as from_year,
    b.year as to_year,
    a.value as value_before,
    b.value as value_now,
    b.value - a.value as difference,
    round(100.0 * (b.value - a.value) / a.value, 1) as growth_pct,
    b.value_status,
    b.region_code,
    origins.dataset_id,
    b.notice
from newest
join observations as b on b.indicator_id = newest.indicator_id and b.year = newest.year
join observations as a
    on a.indicator_id = b.indicator_id and a.region_code = b.region_code and a.year = b.year - 5
join regions as r on r.region_code = b.region_code
join origins on origins.origin_id = b.origin_id
where r.scheme = 'municipality' and a.value > 0 and b.value is not null
order by growth_pct desc
