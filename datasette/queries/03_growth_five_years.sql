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
),

-- In whole hundredths, so that sums and roundings are exact.
pairs as (
    select
        b.*,
        a.year as from_year,
        a.value as value_before,
        cast(round(100 * a.value) as integer) as before,
        cast(round(100 * b.value) as integer) - cast(round(100 * a.value) as integer) as more
    from newest
    join observations as b on b.indicator_id = newest.indicator_id and b.year = newest.year
    join observations as a
        on a.indicator_id = b.indicator_id and a.region_code = b.region_code and a.year = b.year - 5
    where a.value > 0 and b.value is not null
)

select
    r.name as municipality,
    pairs.from_year,
    pairs.year as to_year,
    pairs.value_before,
    pairs.value as value_now,
    pairs.more / 100.0 as difference,
    -- Rounded to tenths, a half away from zero.
    sign(pairs.more) * ((2000 * abs(pairs.more) + pairs.before) / (2 * pairs.before)) / 10.0 as growth_pct,
    pairs.value_status,
    pairs.region_code,
    origins.dataset_id,
    pairs.notice
from pairs
join regions as r on r.region_code = pairs.region_code
join origins on origins.origin_id = pairs.origin_id
where r.scheme = 'municipality'
order by growth_pct desc
