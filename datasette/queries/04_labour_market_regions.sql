-- ---
-- title_nl: Hoeveel telt elke arbeidsmarktregio, opgeteld uit haar gemeenten?
-- title_en: What is the total for each labour market region, summed from its municipalities?
-- description_nl: De som over de gemeenten van nu, met erbij voor hoeveel van hen er een cijfer is. Alleen aantallen kunnen zo worden opgeteld, percentages en verhoudingen niet.
-- description_en: The sum over the current municipalities, and how many of them have a figure. Only counts can be summed like this, not rates and ratios.
-- parameters:
--   indicator:
--     default: establishments_count
--     nl: code van een indicator die telt
--     en: code of an indicator that counts
-- ---
with newest as (
    select o.indicator_id, max(o.year) as year
    from observations as o
    join indicators as i on i.indicator_id = o.indicator_id
    where o.indicator_id = :indicator and i.kind = 'count' and o.value is not null and o.is_over
    group by o.indicator_id
)

select
    r.name as labour_market_region,
    newest.year,
    sum(o.value) as total,
    count(o.value) as municipalities_with_a_figure,
    count(*) as municipalities,
    group_concat(distinct o.value_status) as value_statuses,
    m.region_code,
    origins.dataset_id,
    max(o.notice) as notice
from newest
join region_membership as m on m.scheme = 'labour_market_region' and m.valid_to is null
join regions as r on r.region_code = m.region_code
left join observations as o
    on o.region_code = m.municipality_code
    and o.indicator_id = newest.indicator_id
    and o.year = newest.year
left join origins on origins.origin_id = o.origin_id
group by m.region_code, r.name, newest.year
order by total desc
