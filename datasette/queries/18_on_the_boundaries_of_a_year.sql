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
-- Figures in whole hundredths and shares in whole millionths, so that what is rounded is exact; `step` is the last digit
-- of the figure, in hundredths.
with parts as (
    select
        i.indicator_id,
        t.boundary_year,
        t.target_code,
        t.source_code,
        cast(round(100 * o.value) as integer) as figure,
        cast(round(1000000 * case when i.is_land then t.area_from else t.share_from end) as integer) as share_from,
        cast(round(1000000 * case when i.is_land then t.area_to else t.share_to end) as integer) as share_to,
        case i.decimals when 0 then 100 when 1 then 10 else 1 end as step
    from boundary_transitions as t
    join indicators as i on i.indicator_id = :indicator and i.kind = 'count'
    left join observations as o
        on o.region_code = t.source_code and o.indicator_id = i.indicator_id and o.period_code = :period
    where
        t.boundary_year = :boundary_year
        and (select p.start_date from periods as p where p.period_code = :period)
            between t.valid_from and coalesce(t.valid_to, '9999-12-31')
)

select
    r.name as region,
    parts.target_code as region_code,
    -- A part reaches from one share of the figure to the next, both rounded, so that all parts add up to the whole.
    sum(
        step * (
            (2 * figure * share_to + 1000000 * step) / (2000000 * step)
            - (2 * figure * share_from + 1000000 * step) / (2000000 * step)
        )
    ) / 100.0 as value,
    case
        when min(parts.share_to - parts.share_from) < 1000000 then 'split_estimate'
        when count(*) > 1 or min(parts.source_code) <> parts.target_code then 'merged'
        else 'published'
    end as boundary_method,
    count(*) as parts_count,
    group_concat(parts.source_code, ' ') as municipalities_of_then,
    parts.indicator_id,
    :period as period_code,
    parts.boundary_year,
    (select max(notice) from sources) as notice
from parts
join regions as r on r.region_code = parts.target_code
group by parts.target_code
having count(parts.figure) = count(*)
order by value desc
