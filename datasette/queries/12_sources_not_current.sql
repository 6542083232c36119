-- ---
-- title_nl: Welke bronnen zijn niet actueel, en waarom?
-- title_en: Which sources are not current, and why?
-- description_nl: Bronnen die gestopt, te laat, archief of niet opgehaald zijn, met de reden, en wanneer nieuwe cijfers verwacht werden.
-- description_en: Sources that have stopped or are overdue, archived or not fetched, with the reason and when new figures were expected.
-- ---
select
    dataset_id,
    title_nl as title,
    state,
    reason_en as reason,
    newest_period,
    expected_next,
    substr(source_modified, 1, 10) as source_changed,
    homepage_url,
    coalesce(notice, (select max(notice) from sources)) as notice
from sources
where state <> 'current'
order by state, dataset_id
