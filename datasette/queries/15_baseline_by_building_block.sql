-- ---
-- title_nl: Hoe staat een gemeente ervoor, per bouwsteen van een lokaal economisch plan?
-- title_en: Where does a municipality stand, by building block of a local economic plan?
-- description_nl: Het laatste cijfer van elke indicator, de trend, en de plaats onder alle gemeenten en onder die met de meest gelijkende economie, met de mediaan van die andere. Onderaan elke bouwsteen staat wat er niet is, met de reden.
-- description_en: The latest figure for every indicator, its trend, and the place among all municipalities and among those with the most similar economy, with the median of those others. Each building block ends with what is missing, and why.
-- parameters:
--   region:
--     default: GM0193
--     nl: code van de gemeente
--     en: code of the municipality
-- ---
select
    b.building_block,
    i.title_nl as indicator_nl,
    i.title_en as indicator_en,
    b.value,
    i.unit_en as unit,
    b.period_code,
    b.value_status,
    b.change_1y,
    b.trend_unit as change_unit,
    b.trend,
    b.trend_judgement,
    b.trend_method,
    b.rank_from_high,
    b.rank_from_low,
    b.count_all,
    p.rank_from_high as rank_from_high_similar,
    p.rank_from_low as rank_from_low_similar,
    p.peers_count as count_similar,
    p.median as median_similar,
    b.gap,
    b.target_value,
    b.target_year,
    b.target_progress,
    b.indicator_id,
    b.notice
from baseline as b
join indicators as i on i.indicator_id = b.indicator_id
left join baseline_peers as p
    on p.region_code = b.region_code and p.indicator_id = b.indicator_id and p.peer_group = 'similar_economy'
where b.region_code = :region
order by b.building_block, b.gap is not null, i.title_en
