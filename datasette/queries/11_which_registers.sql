-- ---
-- title_nl: Van welke gemeenten is er een subsidieregister, en van welke niet?
-- title_en: Which municipalities have a register of subsidies, and which do not?
-- description_nl: Geladen, wel leesbaar maar niet opgehaald, niet leesbaar voor een programma, of geen register gevonden. Gemeenten waar nog niemand keek, staan er niet bij.
-- description_en: Loaded, readable but not fetched, not readable by a program, or no register found. Municipalities that have not been checked yet are left out.
-- ---
select
    r.name as municipality,
    c.coverage,
    c.form,
    c.first_year,
    c.last_year,
    c.rows_count,
    c.page_url,
    c.checked_on,
    c.note_en as note,
    c.region_code,
    coalesce(c.notice, (select max(notice) from sources)) as notice
from subsidy_coverage as c
join regions as r on r.region_code = c.region_code
where c.coverage <> 'not_checked'
order by c.coverage, r.name
