-- ---
-- title_nl: Welk deel van de banen is bij kleine en grote bedrijven?
-- title_en: What share of jobs is in small and in large businesses?
-- description_nl: Banen van werknemers in december in Nederland naar bedrijfsgrootte, met het deel van het totaal. De bron trekt een grens bij 100 en bij 500 werknemers, dus de Europese grens van het mkb (250) is niet precies te trekken.
-- description_en: Employee jobs in December in the Netherlands by business size, with the share of the total. The source has size classes that end at 100 and at 500 employees, so the European definition of an SME (250) cannot be matched exactly.
-- ---
select
    o.year,
    i.title_nl,
    i.title_en,
    o.value as jobs,
    -- Rounded to tenths, a half away from zero.
    (2000 * cast(o.value as integer) + cast(total.value as integer)) / (2 * cast(total.value as integer)) / 10.0
        as share_pct,
    o.value_status,
    i.dataset_id,
    o.notice
from observations as o
join indicators as i on i.indicator_id = o.indicator_id
join indicators as whole
    on whole.dataset_id = i.dataset_id
    and whole.measure_code = i.measure_code
    and whole.dims like '%Bedrijfsgrootte=T001098%'
join observations as total
    on total.indicator_id = whole.indicator_id
    and total.region_code = o.region_code
    and total.period_code = o.period_code
where i.dims like '%Bedrijfsgrootte=%' and o.region_code = 'NL01'
order by o.year desc, i.dims
