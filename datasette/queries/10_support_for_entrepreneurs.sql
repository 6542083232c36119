-- ---
-- title_nl: Welke steun aan ondernemers verleende een gemeente, per jaar en regeling?
-- title_en: Which support for entrepreneurs did a municipality grant, by year and scheme?
-- description_nl: Alleen regelingen die volgens een beoordeelde lijst ondernemers steunen. Verleend en vastgesteld zijn twee bedragen van één dossier en worden nooit opgeteld. Is er van de gemeente geen register geladen, dan staat er waarom, en geen nul. Met NL01 ziet u de ministeries.
-- description_en: Only schemes on a reviewed list of support for entrepreneurs. Granted and settled are two amounts for the same case and are never added. If no register of the municipality is loaded, the answer says why instead of showing a zero. NL01 shows the ministries.
-- parameters:
--   region:
--     default: GM0363
--     nl: code van de gemeente
--     en: code of the municipality
-- ---
with support as (
    select
        region_code,
        year,
        scheme,
        dataset_id,
        count(*) as dossiers,
        sum(status = 'zero_granted') as dossiers_with_zero_granted,
        -- Added up in whole cents.
        sum(cast(round(100 * amount_granted_eur) as integer)) / 100.0 as granted_eur,
        sum(cast(round(100 * amount_settled_eur) as integer)) / 100.0 as settled_eur,
        max(notice) as notice
    from subsidies
    where is_support and not is_repeated
    group by region_code, year, scheme, dataset_id
)

select
    r.name as region,
    coalesce(c.coverage, 'loaded') as coverage,
    s.year,
    s.scheme,
    s.dossiers,
    s.dossiers_with_zero_granted,
    s.granted_eur,
    s.settled_eur,
    r.region_code,
    s.dataset_id,
    coalesce(s.notice, (select max(notice) from sources)) as notice
from regions as r
left join subsidy_coverage as c on c.region_code = r.region_code
left join support as s on s.region_code = r.region_code
where r.region_code = :region
order by s.year desc, s.granted_eur desc
