-- ---
-- title_nl: Hoe staat een gemeente ervoor naast de andere in haar provincie?
-- title_en: How does a municipality compare with the others in its province?
-- description_nl: Het nieuwste jaar van een indicator voor alle gemeenten van dezelfde provincie, met de plaats van elk. De gekozen gemeente is gemerkt met een pijl.
-- description_en: The latest year of an indicator for all municipalities in the same province, with their ranks. An arrow marks the chosen municipality.
-- parameters:
--   region:
--     default: GM0193
--     nl: code van de gemeente
--     en: code of the municipality
--   indicator:
--     default: establishments_count
--     nl: code van de indicator
--     en: code of the indicator
-- ---
with chosen as (
    select :region as region_code, :indicator as indicator_id
),

peers as (
    select m.municipality_code, m.region_code as province_code
    from region_membership as m
    join region_membership as own on own.region_code = m.region_code and own.valid_to is null
    where m.scheme = 'province'
        and m.valid_to is null
        and own.municipality_code = (select region_code from chosen)
)

select
    rank() over (order by o.value desc) as place,
    r.name || case when o.region_code = (select region_code from chosen) then ' ◀' else '' end as municipality,
    p.name as province,
    o.year,
    o.value,
    i.unit_en as unit,
    o.value_status,
    o.region_code,
    i.dataset_id,
    o.notice
from observations as o
join peers on peers.municipality_code = o.region_code
join regions as r on r.region_code = o.region_code
join regions as p on p.region_code = peers.province_code
join indicators as i on i.indicator_id = o.indicator_id
where o.indicator_id = (select indicator_id from chosen)
    and o.value is not null
    and o.year = (
        select max(year) from observations
        where indicator_id = (select indicator_id from chosen) and value is not null and is_over
    )
order by place, r.name
