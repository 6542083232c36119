-- ---
-- title_nl: Hoe staan de doelen van een programma ervoor in een gemeente of regio?
-- title_en: How close is a municipality or region to the goals of a programme?
-- description_nl: Elk doel met het nieuwste cijfer, het landelijke cijfer van dezelfde periode en welke kant het op ging. Een doel zonder cijfer staat er ook, met de reden. Heeft een regio zelf geen cijfer, dan staat er dat van de kleinste regio eromheen.
-- description_en: Every goal with the latest figure, the national figure for the same period and the direction of change. A goal without a figure is listed too, with the reason. A region without a figure of its own has that of the smallest region around it.
-- parameters:
--   region:
--     default: GM0193
--     nl: code van een gemeente, arbeidsmarktregio, provincie, G40 of NL01
--     en: code of a municipality, labour market region, province, G40 or NL01
--   programme:
--     default: g40_economic_pillar
--     nl: g40_economic_pillar of vng_taskforce
--     en: g40_economic_pillar or vng_taskforce
-- ---
select
    r.name as region,
    g.goal_nl as goal,
    g.goal_en as goal_in_english,
    i.title_nl as indicator,
    m.period_code,
    m.figure_region_code,
    m.value,
    i.unit_nl as unit,
    m.value_status,
    m.national_value,
    m.desired,
    m.target_value,
    m.distance_to_target,
    m.from_period,
    m.change,
    m.change_unit,
    m.progress,
    m.gap,
    g.closed_source,
    g.gap_nl as why_no_indicator,
    m.boundary_method,
    m.indicator_id,
    m.region_code,
    i.dataset_id,
    m.notice
from goal_monitor as m
join goals as g on g.goal_id = m.goal_id
join regions as r on r.region_code = m.region_code
left join indicators as i on i.indicator_id = m.indicator_id
where m.region_code = :region and m.programme_id = :programme
order by g.goal_order
