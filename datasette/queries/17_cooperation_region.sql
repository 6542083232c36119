-- ---
-- title_nl: Hoe ontwikkelt een samenwerkingsregio zich naast de rest van het land?
-- title_en: How does a cooperation region develop compared with the rest of the country?
-- description_nl: Jaarcijfers van een proeftuin (PT01 tot en met PT06), Twente (CO01), U10 (CO02) of een eigen regio, voor en sinds 2016, steeds op het gebied van de leden van toen. Ernaast staan de rest van het land en vergelijkbare gemeenten die niet meededen. U ziet of de regio meer of minder groeide, niet waardoor, want de zes proeftuinen zijn gekozen, niet geloot.
-- description_en: Yearly figures for a pilot region (PT01 to PT06), Twente (CO01), U10 (CO02) or an own region, before and since 2016, always on the territory of its members at the time. Beside it stand the rest of the country and similar municipalities that took no part. You see whether the region grew more or less, not why, because the six pilots were chosen, not drawn by lot.
-- parameters:
--   region:
--     default: PT03
--     nl: code van een samenwerkingsregio
--     en: code of a cooperation region
--   indicator:
--     default: jobs_count
--     nl: code van een indicator
--     en: code of an indicator
-- ---
select
    r.name as region,
    i.title_nl as indicator,
    i.title_en as indicator_in_english,
    m.year,
    m.phase,
    m.value,
    m.value_status,
    m.rest_of_country_value,
    m.rest_of_country_status,
    m.similar_value,
    m.similar_status,
    m.base_year,
    m.region_index,
    m.rest_of_country_index,
    m.similar_index,
    m.difference_points,
    m.similar_count,
    m.territory,
    m.members_then,
    m.members_now,
    m.boundary_method,
    m.indicator_id,
    m.region_code,
    i.dataset_id,
    m.notice
from cooperation_monitor as m
join regions as r on r.region_code = m.region_code
join indicators as i on i.indicator_id = m.indicator_id
where m.region_code = :region and m.indicator_id = :indicator
order by m.year
