-- ---
-- title_nl: Hoeveel misdrijven zijn er geregistreerd per 1.000 inwoners?
-- title_en: How many crimes are registered per 1,000 inhabitants?
-- description_nl: Het nieuwste jaar per gemeente, naast het jaar ervoor. Geregistreerd is wat bij de politie bekend is; niet elk misdrijf wordt aangegeven.
-- description_en: The latest year for each municipality, compared with the year before. Registered crimes are those known to the police; not every crime is reported.
-- ---
select
    r.name as municipality,
    o.year,
    o.value as crimes_per_1000,
    before.value as crimes_per_1000_year_before,
    o.value_status,
    o.region_code,
    origins.dataset_id,
    o.notice
from observations as o
join regions as r on r.region_code = o.region_code
join origins on origins.origin_id = o.origin_id
left join observations as before
    on before.indicator_id = o.indicator_id and before.region_code = o.region_code and before.year = o.year - 1
where o.indicator_id = 'crimes_per_1000_rate'
    and o.value is not null
    and r.scheme = 'municipality'
    and o.year = (
        select max(year) from observations
        where indicator_id = 'crimes_per_1000_rate' and value is not null and is_over
    )
order by o.value desc
