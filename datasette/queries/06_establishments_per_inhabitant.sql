-- ---
-- title_nl: Waar zijn de meeste bedrijfsvestigingen per 1.000 inwoners?
-- title_en: Where are the most establishments per 1,000 inhabitants?
-- description_nl: Twee bronnen naast elkaar, voor het nieuwste jaar waarin beide een cijfer hebben. De verhouding is hier berekend en niet door CBS gepubliceerd.
-- description_en: Two sources combined, for the latest year in which both have a figure. The ratio is computed here and not published by CBS.
-- ---
with pairs as (
    select
        e.region_code,
        e.year,
        e.value as establishments,
        p.value as inhabitants,
        e.value_status as establishments_status,
        p.value_status as inhabitants_status,
        e.notice
    from observations as e
    join observations as p on p.region_code = e.region_code and p.period_code = e.period_code
    where e.indicator_id = 'establishments_count'
        and p.indicator_id = 'population_count'
        and e.value is not null
        and p.value > 0
        and e.is_over
        and p.is_over
)

select
    r.name as municipality,
    pairs.year,
    -- Rounded to tenths, a half away from zero.
    (20000 * cast(establishments as integer) + cast(inhabitants as integer)) / (2 * cast(inhabitants as integer)) / 10.0
        as per_1000_inhabitants,
    establishments,
    establishments_status,
    inhabitants,
    inhabitants_status,
    pairs.region_code,
    pairs.notice
from pairs
join regions as r on r.region_code = pairs.region_code
where pairs.year = (select max(year) from pairs)
order by per_1000_inhabitants desc
