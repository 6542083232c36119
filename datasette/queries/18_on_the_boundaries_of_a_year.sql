-- ---
-- title_nl: Hoe ziet een telling eruit op de gemeentegrenzen van een ander jaar?
-- title_en: What does a count look like on the municipal boundaries of another year?
-- description_nl: Telt de gemeenten van toen op tot de gemeenten van een jaar vanaf 2015. Alleen voor aantallen; een gemeente waarvan een deel ontbreekt, staat er niet bij. Waar een gemeente gesplitst werd, is het cijfer geschat naar inwoners, of bij land naar oppervlakte.
-- description_en: Adds up former municipalities to those of a year from 2015 on. For counts only; a municipality with a missing part is left out. Where a municipality was divided, the figure is an estimate based on inhabitants, or for land on area.
-- parameters:
--   indicator:
--     default: establishments_count
--     nl: code van een indicator die een aantal is
--     en: code of an indicator that is a count
--   period:
--     default: 2019JJ00
--     nl: periode zoals 2019JJ00
--     en: period such as 2019JJ00
--   boundary_year:
--     default: "2022"
--     nl: jaar van de gemeentegrenzen, vanaf 2015
--     en: year of the municipal boundaries, from 2015 on
-- ---
select
    r.name as region,
    t.target_code as region_code,
    round(
        sum(o.value * case when i.is_land then t.area_to - t.area_from else t.share_to - t.share_from end), 2
    ) as value,
    case
        when min(t.share_to - t.share_from) < 1 then 'split_estimate'
        when count(*) > 1 or min(t.source_code) <> t.target_code then 'merged'
        else 'published'
    end as boundary_method,
    count(*) as parts_count,
    group_concat(t.source_code, ' ') as municipalities_of_then,
    o.indicator_id,
    o.period_code,
    t.boundary_year,
    max(o.notice) as notice
from boundary_transitions as t
join indicators as i on i.indicator_id = :indicator and i.kind = 'count'
left join observations as o
    on o.region_code = t.source_code and o.indicator_id = i.indicator_id and o.period_code = :period
join regions as r on r.region_code = t.target_code
where
    t.boundary_year = :boundary_year
    and (select p.start_date from periods as p where p.period_code = :period)
        between t.valid_from and coalesce(t.valid_to, '9999-12-31')
group by t.target_code
having count(o.value) = count(*)
order by value desc
