"""The profile of a municipality or region as its readers see it, held against the rows of the release itself."""

import itertools
import re
import sqlite3
from collections.abc import Iterator
from html import unescape
from typing import Any

import pytest
import yaml
from datasette.app import Datasette
from support_portal import ask, release_of, runs_script, towns_linked

from pipelines.settings import DBT_PROJECT, PORTAL, PROJECT
from portal.formats import format_number, format_rank
from portal.headlines import YEARS

ZWOLLE = {"nl": "/gemeente/zwolle", "en": "/en/municipality/zwolle"}
THEMES = {
    "nl": ("midden-en-kleinbedrijf", "menselijk-kapitaal", "vitale-binnensteden", "regionale-economie"),
    "en": ("small-and-medium-sized-businesses", "human-capital", "vital-inner-cities", "regional-economy"),
}
THEME_PATHS = {"nl": "thema", "en": "theme"}
SIMILAR = {"nl": f"{ZWOLLE['nl']}/vergelijkbaar", "en": f"{ZWOLLE['en']}/similar"}
PROFILES = [
    *ZWOLLE.values(),
    "/regio/corop/groot-amsterdam",
    "/en/region/country/nederland",
    "/regio/nuts3/arr-ieper",
    "/gemeente/littenseradiel",
]
OTHERS = [
    *SIMILAR.values(),
    "/gemeente/zwolle/kort",
    "/en/region/corop/zuidwest-gelderland/brief",
    "/regio/nuts3/arr-kortrijk/kort",
    "/gemeente/zwolle/nulmeting",
    "/en/region/country/nederland/baseline",
    "/regio/eurometropool/eurometropool-lille-kortrijk-tournai/thema/vitale-binnensteden",
]


def tabs(lang: str, region: str = "") -> list[str]:
    """The pages of the themes of a region."""
    return [f"{region or ZWOLLE[lang]}/{THEME_PATHS[lang]}/{theme}" for theme in THEMES[lang]]


PAGES = [*PROFILES, *OTHERS, *tabs("nl"), *tabs("en"), *tabs("nl", "/regio/corop/zuidwest-gelderland")]
# The address of a page in both languages.
PAIRS = [
    ZWOLLE,
    SIMILAR,
    *({"nl": dutch, "en": english} for dutch, english in zip(tabs("nl"), tabs("en"), strict=True)),
    {"nl": "/gemeente/zwolle/nulmeting?group=g40", "en": "/en/municipality/zwolle/baseline?group=g40"},
    {"nl": "/regio/provincie/overijssel/kort", "en": "/en/region/province/overijssel/brief"},
]


def read(portal: Datasette, path: str) -> str:
    answer = ask(portal, path)
    assert answer.status_code == 200, answer.text
    return str(answer.text)


def read_all(portal: Datasette, paths: list[str]) -> str:
    """Several pages as one."""
    return "".join(read(portal, path) for path in paths)


def plain(html: str) -> str:
    """The words of a piece of a page, as a reader sees them."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


def rows_of_table(page: str, table: str) -> dict[str, str]:
    """The rows of every table of a class, by the words in their first cell."""
    found = {}
    for body in re.findall(rf'<table class="{table}">.*?</table>', page, re.S):
        for row in re.findall(r"<tr>(.*?)</tr>", body.partition("</thead>")[2], re.S):
            head, _, rest = row.partition("</th>")
            found[plain(head)] = plain(rest)
    return found


def all_rows(database: sqlite3.Connection, sql: str, *values: Any) -> list[sqlite3.Row]:
    return database.execute(sql, values).fetchall()


@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_whole_and_keeps_to_the_strict_policy(portal: Datasette, path: str) -> None:
    answer = ask(portal, path)
    page = answer.text
    assert answer.status_code == 200
    assert "'unsafe" not in answer.headers["content-security-policy"]
    assert page.count("<h1") == 1 and not runs_script(page) and "style=" not in page
    levels = [int(level) for level in re.findall(r"<h([1-6])", page)]
    assert all(later <= earlier + 1 for earlier, later in itertools.pairwise(levels))
    names = re.findall(r' id="([^"]+)"', page)
    assert len(names) == len(set(names))
    assert all(f'id="{anchor}"' in page for anchor in re.findall(r'href="#([^"]+)"', page))


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair["en"])
def test_both_languages_point_at_each_other(portal: Datasette, pair: dict[str, str]) -> None:
    for lang, other in (("nl", "en"), ("en", "nl")):
        page = read(portal, pair[lang])
        assert f'<html lang="{lang}"' in page
        assert f'href="{pair[other]}" lang="{other}"' in page
        assert f'<link rel="canonical" href="http://localhost{pair[lang].partition("?")[0]}">' in page


@pytest.mark.parametrize("lang", ["nl", "en"])
def test_every_figure_of_the_baseline_is_there_with_period_status_and_places(
    portal: Datasette, database: sqlite3.Connection, lang: str
) -> None:
    shown = rows_of_table(read_all(portal, tabs(lang)), "baseline")
    wanted = all_rows(
        database,
        "select b.*, i.title_nl, i.title_en, i.decimals, p.median, p.rank_from_high as high, p.rank_from_low as low, "
        "p.peers_count from baseline as b "
        "join indicators as i using (indicator_id) left join baseline_peers as p on p.region_code = b.region_code "
        "and p.indicator_id = b.indicator_id and p.peer_group = 'similar_economy' "
        "where b.region_code = 'GM0193' and b.gap is null",
    )
    common = yaml.safe_load((PORTAL / "texts" / "common.yml").read_text(encoding="utf-8"))
    statuses = common["statuses"]
    assert len(shown) == len(wanted) > 50
    for row in wanted:
        words = shown[row[f"title_{lang}"]]
        assert words.startswith(format_number(row["value"], row["decimals"], lang))
        assert row["period_code"][:4] in words and statuses[row["value_status"]][lang] in words
        if row["median"] is not None:
            place = format_rank(row["high"], row["low"], row["peers_count"], common["ranks"], lang)
            assert place in words and format_number(row["median"], row["decimals"], lang) in words
    assert any(row["median"] is None for row in wanted) and any(row["median"] is not None for row in wanted)
    (unemployed,) = (row for row in wanted if row["indicator_id"] == "unemployment_share_pct")
    told = {"nl": "niet te onderscheiden", "en": "cannot be told apart"}[lang]
    assert told in shown[unemployed[f"title_{lang}"]]
    (count,) = (row for row in wanted if row["indicator_id"] == "disability_benefits_count")
    assert told not in shown[count[f"title_{lang}"]]


def test_a_figure_has_that_of_the_country_beside_it_with_its_period_if_that_is_another(
    portal: Datasette, database: sqlite3.Connection
) -> None:
    shown = rows_of_table(read_all(portal, tabs("en")), "baseline")
    rows = all_rows(
        database,
        "select i.title_en, i.decimals, i.is_relative, b.period_code, n.value, n.period_code as national_period "
        "from baseline as b join baseline as n on n.indicator_id = b.indicator_id and n.region_code = 'NL01' "
        "join indicators as i on i.indicator_id = b.indicator_id "
        "where b.region_code = 'GM0193' and b.value is not null and n.value is not null and i.is_relative",
    )
    assert any(row["period_code"] != row["national_period"] for row in rows) and len(rows) > 30
    for row in rows:
        told = f" {format_number(row['value'], row['decimals'], 'en')} "
        if row["period_code"] != row["national_period"]:
            told += f"{row['national_period'][:4]} "
        assert told in f" {shown[row['title_en']]} ", row["title_en"]


def test_what_is_not_there_is_listed_with_its_reason(portal: Datasette, database: sqlite3.Connection) -> None:
    pages = read_all(portal, tabs("en"))
    gaps = plain(" ".join(re.findall(r'<details class="fold gaps">(.*?)</details>', pages, re.S)))
    missing = all_rows(
        database,
        "select i.title_en, b.gap from baseline as b join indicators as i using (indicator_id) "
        "where b.region_code = 'GM0193' and b.gap is not null",
    )
    assert missing and all(" ".join(row["title_en"].split()) in gaps for row in missing)
    texts = yaml.safe_load((PORTAL / "texts" / "profile.yml").read_text(encoding="utf-8"))["gaps"]
    assert all(texts[row["gap"]]["en"] in gaps for row in missing)


def test_every_reason_and_word_of_the_release_has_a_text(database: sqlite3.Connection) -> None:
    texts = yaml.safe_load((PORTAL / "texts" / "profile.yml").read_text(encoding="utf-8"))
    for group, sql in {
        "gaps": "select gap from baseline union select gap from goal_monitor",
        "boundary_methods": "select boundary_method from observations_on_boundaries",
        "trend_units": "select trend_unit from baseline union select change_unit from goal_monitor",
        "progress": "select progress from goal_monitor",
        "wanted": "select desired from goals",
        "trends": "select trend from baseline",
    }.items():
        assert {row[0] for row in all_rows(database, sql)} - {None} <= set(texts[group]), group
    kinds = {row[0] for row in all_rows(database, "select kind from boundary_changes")}
    assert {f"became_{kind}" for kind in kinds} <= set(texts["profile"])


@pytest.mark.parametrize(("column", "group"), [("progress", "plan_progress"), ("gap", "plan_gaps")])
def test_every_judgement_of_a_plan_has_a_text(column: str, group: str) -> None:
    model = DBT_PROJECT / "models" / "marts" / "monitors" / "rpt_plan_monitor.yml"
    (test,) = yaml.safe_load(model.read_text(encoding="utf-8"))["models"][0]["data_tests"]
    texts = yaml.safe_load((PORTAL / "texts" / "profile.yml").read_text(encoding="utf-8"))
    assert set(test["rows_fit"]["arguments"]["accepted_values"][column]) == set(texts[group])


def test_every_text_is_there_in_both_languages_and_used() -> None:
    files = ("profile.html", "_figures_table.html", "profile_tab.html", "similar.html", "brief.html", "_profile.html")
    files += ("baseline.html", "_plan.html")
    used = [PORTAL / "templates" / name for name in files]
    used += [PORTAL / "plugins" / "profile_tabs.py", PROJECT / "portal" / "profile.py"]
    used += [PROJECT / "portal" / "figure_rows.py"]
    named = re.findall(r"[\"'](\w+)[\"']", "".join(path.read_text(encoding="utf-8") for path in used))
    named += re.findall(r"columns\.(\w+)", used[1].read_text(encoding="utf-8"))
    texts = {}
    for name in ("profile", "brief", "baseline"):
        texts |= yaml.safe_load((PORTAL / "texts" / f"{name}.yml").read_text(encoding="utf-8"))
    for group, entries in texts.items():
        assert all(set(entry) == {"nl", "en"} and all(entry.values()) for entry in entries.values()), group
    assert [key for key in texts["profile"] if key not in named and not key.startswith("became_")] == []
    for group in ("profile_columns", "profile_tabs", "profile_errors", "brief", "baseline"):
        assert [key for key in texts[group] if key not in named] == [], group


def test_a_chart_has_a_dot_for_each_year_and_says_the_same_in_words(
    portal: Datasette, database: sqlite3.Connection
) -> None:
    page = read(portal, ZWOLLE["nl"])
    chart = re.search(
        r'<svg class="chart small" role="img" aria-label="Vestigingen per 1.000 inwoners: ([^"]+)".*?</svg>', page, re.S
    )
    assert chart
    rows = all_rows(
        database,
        "select year, value, value_status from observations_on_boundaries where region_code = 'GM0193' "
        "and indicator_id = 'establishments_per_1000_inhabitants_rate' and period_code like '%JJ00' order by year",
    )
    titles = re.findall(r"<title>(\d+): ([^<]+)</title>", chart[0])
    assert titles == [(str(row["year"]), format_number(row["value"], 1, "nl")) for row in rows]
    assert chart[0].count("dot open") == sum(row["value_status"] not in ("final", "unstated") for row in rows)
    assert f"van {titles[0][1]} in {titles[0][0]} naar {titles[-1][1]} in {titles[-1][0]}" in chart[1]


def headlines_on(portal: Datasette, path: str) -> dict[str, str]:
    """The first figures of a profile, by indicator."""
    lang = "en" if path.startswith("/en/") else "nl"
    slugs, found = release_of(portal).slugs, {}
    for tile in re.findall(r'<article class="tile.*?</article>', read(portal, path), re.DOTALL):
        link = re.search(r'<h3><a href="[^"]*/([a-z0-9-]+)"', tile)
        assert link
        found[slugs.indicator_id(link[1], lang) or link[1]] = tile
    return found


def test_the_indicators_of_headlines_are_rates_and_shares_theme_by_theme(database: sqlite3.Connection) -> None:
    named = yaml.safe_load((PORTAL / "headlines.yml").read_text(encoding="utf-8"))
    about = {row["indicator_id"]: row for row in all_rows(database, "select * from indicators")}
    assert set(named) <= about.keys() and len(named) == len(set(named))
    assert all(about[name]["is_relative"] for name in named)
    themes = [about[name]["theme"] for name in named]
    assert [theme for theme, _ in itertools.groupby(themes)] == list(dict.fromkeys(themes)) and len(set(themes)) == 4


@pytest.mark.parametrize("count_page", [(8, "{}"), (16, "{}/kort")])
def test_every_kind_of_region_has_its_first_figures(
    portal: Datasette, database: sqlite3.Connection, count_page: tuple[int, str]
) -> None:
    """Of each theme, or of the others if it has too few; a region of Eurostat has what there is."""
    count, page = count_page
    release, seen = release_of(portal), set()
    sql = "select scheme, region_code from regions where is_current and scheme <> 'eurometropool' order by region_code"
    for scheme, code in all_rows(database, sql):
        if scheme in seen and scheme not in ("labour_market_region", "cooperation", "corop"):
            continue
        seen.add(scheme)
        address = release.region_url(code, "nl")
        path = address if count == 8 else page.format(address)
        text = read(portal, path)
        shown = text.count('<article class="tile') if count == 8 else text.count('<td class="drawn">')
        assert shown == count if not scheme.startswith("nuts") else 0 < shown <= 4, path
    assert len(seen) > 12


@pytest.mark.parametrize("lang", ["nl", "en"])
def test_a_headline_has_value_period_status_country_chart_and_sentence(
    portal: Datasette, database: sqlite3.Connection, lang: str
) -> None:
    found = headlines_on(portal, ZWOLLE[lang])
    relative = {row[0] for row in all_rows(database, "select indicator_id from indicators where is_relative")}
    assert len(found) == 8 and found.keys() <= relative
    common = yaml.safe_load((PORTAL / "texts" / "common.yml").read_text(encoding="utf-8"))
    themes = {re.search(r"theme-(\w+)", tile)[1] for tile in found.values()}
    assert len(themes) == 4
    for indicator, tile in found.items():
        (row,) = all_rows(
            database,
            "select b.*, i.decimals, n.value as national from baseline as b join indicators as i using (indicator_id) "
            "left join baseline as n on n.indicator_id = b.indicator_id and n.region_code = 'NL01' "
            "where b.region_code = 'GM0193' and b.indicator_id = ?",
            indicator,
        )
        words = plain(tile)
        assert f'<p class="value"><strong>{format_number(row["value"], row["decimals"], lang)}</strong>' in tile
        assert row["period_code"][:4] in words and '<svg class="chart small"' in tile
        if row["value_status"] not in ("final", "unstated"):
            assert common["statuses"][row["value_status"]][lang] in words
        country = {"nl": "Nederland", "en": "Netherlands"}[lang]
        assert f"{country} {format_number(row['national'], row['decimals'], lang)}" in words
        others = {"nl": "andere gemeenten", "en": "other municipalities"}[lang]
        assert others in plain(tile[tile.index('class="said"') :])


def test_the_country_says_what_was_before(portal: Datasette) -> None:
    said = [
        plain(tile[tile.index('class="said"') :]) for tile in headlines_on(portal, "/regio/land/nederland").values()
    ]
    assert any("In de periode daarvoor" in each for each in said)
    assert not any("dan in Nederland" in each for each in said)


def test_every_tab_is_there_and_says_which_is_shown(portal: Datasette) -> None:
    for lang in ("nl", "en"):
        wanted = [ZWOLLE[lang], *tabs(lang), SIMILAR[lang]]
        for path in wanted:
            (nav,) = re.findall(r'<nav class="tabs".*?</nav>', read(portal, path), re.DOTALL)
            assert re.findall(r'href="([^"]+)"', nav) == wanted
            assert re.findall(r'href="([^"]+)" aria-current="page"', nav) == [path]
    (nav,) = re.findall(r'<nav class="tabs".*?</nav>', read(portal, "/regio/corop/groot-amsterdam"), re.DOTALL)
    assert len(re.findall("<li>", nav)) == 5


def test_a_profile_leads_to_the_goals_of_its_group(portal: Datasette) -> None:
    def links(path: str) -> set[str]:
        return set(re.findall(r'href="(/programma/\w+)"', read(portal, path)))

    assert links(ZWOLLE["nl"]) == {"/programma/g40"} == links("/regio/g40/g40") == links(tabs("nl")[0])
    assert links("/regio/provincie/overijssel") == {"/programma/province"}
    assert links("/regio/corop/groot-amsterdam") == set()


@pytest.mark.parametrize("path", [*ZWOLLE.values(), "/regio/arbeidsmarktregio/groningen", "/en/region/g40/g40"])
def test_every_figure_leads_to_its_own_page(portal: Datasette, path: str) -> None:
    pages = read_all(portal, tabs("en" if path.startswith("/en/") else "nl", path))
    own = r"/(?:gemeente|en/municipality|regio/\w+|en/region/\w+)/[a-z0-9-]+/[a-z0-9-]+"
    # A name of a figure, not that of a tab.
    links = set(re.findall(rf'<th scope="row"><a href="({own})"', pages))
    assert len(links) > 70
    assert {link: status for link in links if (status := ask(portal, link).status_code) != 200} == {}
    assert "/regiokompas/observations" not in pages


def test_the_goals_of_a_city_are_there_also_those_without_a_figure(
    portal: Datasette, database: sqlite3.Connection
) -> None:
    shown = rows_of_table(read_all(portal, tabs("en")), "goals")
    goals = all_rows(
        database,
        "select g.goal_en, g.gap_en, m.gap, m.value, i.decimals, i.title_en from goal_monitor as m "
        "join goals as g using (goal_id) left join indicators as i on i.indicator_id = m.indicator_id "
        "where m.region_code = 'GM0193'",
    )
    assert goals
    for goal in goals:
        words = next(rest for head, rest in shown.items() if head.startswith(goal["goal_en"]))
        if goal["value"] is not None:
            assert words.startswith(format_number(goal["value"], goal["decimals"], "en"))
        elif goal["gap_en"]:
            assert " ".join(goal["gap_en"].split()) in words


def fetch_moved(portal: Datasette, path: str) -> str:
    """The page that an address with a code leads to."""
    answer = ask(portal, path)
    assert answer.status_code == 301
    return read(portal, answer.headers["location"])


def lists_of_similar(page: str) -> list[str]:
    """The lists of similar municipalities on a page, one for each kind."""
    section = page[page.index('id="similar"') :].partition("</section>")[0]
    return section.split("<h2>")[1:3]


def words_on_similar(database: sqlite3.Connection, code: str, kind: str, lang: str) -> Iterator[str]:
    """What a page has to say of each neighbour, from the release itself."""
    names = {row["feature"]: row[f"title_{lang}"] for row in all_rows(database, "select * from peer_features")}
    texts = yaml.safe_load((PORTAL / "texts" / "profile.yml").read_text(encoding="utf-8"))["profile"]
    for row in all_rows(
        database,
        "select s.*, r.name from similar_municipalities as s join regions as r on r.region_code = s.peer_code "
        "where s.region_code = ? and s.similarity_kind = ? order by s.similarity_rank",
        *(code, kind),
    ):
        distance = texts["distance"][lang].format(distance=format_number(row["distance"], 2, lang))
        mutual = f" · {texts['mutual'][lang]}" if row["is_mutual"] else ""
        told = [
            f"{texts[word][lang]}: {names[row[f'{word}_1']]}; {names[row[f'{word}_2']]}."
            for word in ("most_alike", "most_different")
        ]
        yield f"{row['name']} {distance}{mutual} {' '.join(told)}"


@pytest.mark.parametrize(
    ("code", "path"),
    [
        ("GM0193", "/gemeente/zwolle"),
        ("CR11", "/regio/corop/zuidwest-overijssel"),
        ("PV23", "/regio/provincie/overijssel"),
    ],
)
def test_every_part_of_a_theme_has_a_heading_with_what_there_is(
    portal: Datasette, database: sqlite3.Connection, code: str, path: str
) -> None:
    """The parts are those of the agenda of the VNG, such as digitalisation; some have no figure of the region."""
    release, seen = release_of(portal), set()
    words = {row[0]: row[1] for row in all_rows(database, "select sub_theme, title_nl from sub_themes")}
    for theme, page in zip(release.texts["themes"], tabs("nl", path), strict=True):
        html = read(portal, page)
        listed = dict(re.findall(r"<div><dt>([^<]+)</dt><dd>(.*?)</dd></div>", html, re.S))
        tables = {plain(head) for head in re.findall(r'<th scope="rowgroup"[^>]*>(.*?)</th>', html)}
        wanted = all_rows(
            database,
            "select i.sub_theme, i.title_nl, n.value, i.decimals from indicators as i "
            "join baseline as b on b.indicator_id = i.indicator_id and b.region_code = ? "
            "join baseline as n on n.indicator_id = i.indicator_id and n.region_code = 'NL01' "
            "where i.theme = ? and i.is_relative and b.value is null and n.value is not null "
            "and not exists (select 1 from baseline as o join indicators as p using (indicator_id) where "
            "o.region_code = ? and o.value is not null and p.sub_theme = i.sub_theme and p.theme = i.theme)",
            code,
            theme,
            code,
        )
        for sub_theme, title, value, decimals in wanted:
            assert f"{title} : in Nederland {format_number(value, decimals, 'nl')}" in plain(listed[words[sub_theme]])
        goals = "select sub_theme, goal_nl, gap_nl from goals where theme = ? and indicator_id is null"
        for sub_theme, goal, gap in all_rows(database, goals, theme):
            shown = listed.get(words[sub_theme])
            assert words[sub_theme] in tables or (shown and goal in plain(shown) and gap in plain(shown))
        assert not tables & listed.keys()
        seen |= listed.keys()
    assert {"Digitalisering", "Circulaire economie", "Innovatie"} <= seen


@pytest.mark.parametrize("lang", ["nl", "en"])
def test_every_similar_municipality_is_linked_and_explained(
    portal: Datasette, database: sqlite3.Connection, lang: str
) -> None:
    page = read(portal, SIMILAR[lang])
    groups = all_rows(database, "select * from peer_groups where similarity_kind is not null order by group_order")
    lists = lists_of_similar(page)
    assert len(lists) == len(groups) == 2
    for group, shown in zip(groups, lists, strict=True):
        wanted = list(words_on_similar(database, "GM0193", group["similarity_kind"], lang))
        assert plain(shown).startswith(group[f"title_{lang}"]) and len(wanted) == 10
        assert [plain(entry) for entry in re.findall(r"<li>(.*?)</li>", shown, re.S)] == wanted
        peers = all_rows(
            database,
            "select peer_code from similar_municipalities where region_code = 'GM0193' and similarity_kind = ? "
            "order by similarity_rank",
            group["similarity_kind"],
        )
        assert towns_linked(portal, shown) == [row[0] for row in peers]
    how = re.search(r'href="([^"]*/docs/methods)#([\w-]+)"', page)
    assert how and f'id="{how[2]}"' in read(portal, how[1])


@pytest.mark.parametrize("lang", ["nl", "en"])
def test_a_page_says_where_fewer_are_similar_or_none(
    portal: Datasette, database: sqlite3.Connection, lang: str
) -> None:
    texts = yaml.safe_load((PORTAL / "texts" / "profile.yml").read_text(encoding="utf-8"))["profile"]
    found = all_rows(
        database,
        "select r.region_code, g.similarity_kind, g.group_order, g.max_peers, g.max_distance, count(s.peer_code) as n "
        "from regions as r cross join peer_groups as g left join similar_municipalities as s "
        "on s.region_code = r.region_code and s.similarity_kind = g.similarity_kind "
        "where r.scheme = 'municipality' and r.is_current and g.similarity_kind is not null group by 1, 2 "
        "having count(s.peer_code) < g.max_peers order by n",
    )
    assert found[0]["n"] == 0 < found[-1]["n"], "the sample has no municipality without a similar one"
    for row in (found[0], found[-1]):
        page = fetch_moved(portal, f"{SIMILAR[lang].replace('zwolle', row['region_code'])}")
        words = texts["similar_fewer" if row["n"] else "similar_none"][lang]
        distance = format_number(row["max_distance"], 2, lang)
        (shown,) = (
            part
            for part, kind in zip(lists_of_similar(page), ("economy", "population"), strict=True)
            if kind == row["similarity_kind"]
        )
        assert words.format(most=row["max_peers"], distance=distance) in plain(shown)
        assert shown.count("<li>") == row["n"]


def test_a_reader_chooses_the_group_of_peers(portal: Datasette, database: sqlite3.Connection) -> None:
    groups = all_rows(
        database,
        "select distinct p.peer_group, g.title_en, g.group_order from baseline_peers as p "
        "join peer_groups as g using (peer_group) where p.region_code = 'GM0193' order by g.group_order",
    )
    page = read(portal, tabs("en")[0])
    options = re.findall(r'<option value="(\w+)"', page)
    assert options == [row["peer_group"] for row in groups if row["peer_group"] != "all"] and len(options) == 6
    titles = {row["peer_group"]: row["title_en"] for row in groups}
    common = yaml.safe_load((PORTAL / "texts" / "common.yml").read_text(encoding="utf-8"))
    for group in options:
        pages = [read(portal, f"{path}?group={group}") for path in tabs("en")]
        shown = {name: words for page in pages for name, words in rows_of_table(page, "baseline").items()}
        for page, twin in zip(pages, tabs("nl"), strict=True):
            assert f'<option value="{group}" selected>' in page and 'role="alert"' not in page
            heads = re.findall(r'<th scope="col"[^>]*>([^<]+)</th>', page)
            assert titles[group] in heads and titles["all"] in heads
            assert f'href="{twin}?group={group}"' in page
        for row in all_rows(
            database,
            "select i.title_en, i.decimals, p.median, p.rank_from_high as high, p.rank_from_low as low, p.peers_count "
            "from baseline_peers as p join indicators as i "
            "using (indicator_id) where p.region_code = 'GM0193' and p.peer_group = ?",
            group,
        ):
            median = format_number(row["median"], row["decimals"], "en")
            place = format_rank(row["high"], row["low"], row["peers_count"], common["ranks"], "en")
            assert f"median {median} {place}" in shown[row["title_en"]]


@pytest.mark.parametrize("group", ["p10", "similar", "%3Cscript%3E"])
def test_a_group_without_the_municipality_is_told(portal: Datasette, group: str) -> None:
    page = read(portal, f"{tabs('en')[0]}?group={group}")
    (alert,) = re.findall(r'<p class="note" role="alert">(.*?)</p>', page)
    assert "is not compared in the group" in alert and not runs_script(page)
    assert '<option value="similar_economy" selected>' in page


def test_other_regions_have_no_peers_to_choose(portal: Datasette) -> None:
    theme = tabs("nl", "/regio/corop/zuidwest-gelderland")[0]
    for path in (f"{theme}?group=province", "/regio/corop/groot-amsterdam", "/gemeente/littenseradiel"):
        page = read(portal, path)
        assert 'id="group"' not in page and 'id="similar"' not in page and 'role="alert"' not in page


def test_a_profile_and_its_regions_are_linked_both_ways(portal: Datasette) -> None:
    page = read(portal, ZWOLLE["nl"])
    assert 'href="/regio/provincie/overijssel"' in page and 'href="/arbeidsmarkt/regio-zwolle"' in page
    assert 'href="/gemeente/zwolle.zip"' in page and 'href="/gemeente/zwolle.xlsx"' in page
    members = read(portal, "/en/region/province/overijssel")
    assert 'href="/en/municipality/zwolle"' in members[members.index('id="members"') :]


@pytest.mark.parametrize(
    ("path", "date", "heirs"),
    [
        ("/gemeente/littenseradiel", "1 januari 2018", ["sudwest-fryslan", "leeuwarden", "waadhoeke"]),
        ("/gemeente/appingedam", "1 januari 2021", ["eemsdelta"]),
    ],
)
def test_a_former_municipality_says_what_became_of_it(
    portal: Datasette, path: str, date: str, heirs: list[str]
) -> None:
    page, code = read(portal, path), release_of(portal).slugs.region_code("municipality", path.split("/")[-1])
    became = page[page.index('class="became"') : page.index("</main>")]
    assert date in became and re.findall(r'href="/gemeente/([\w-]+)"', became) == heirs
    assert ".zip" not in page and f"region_code={code}" in became
    assert f'href="{path}"' in read(portal, f"/gemeente/{heirs[0]}")


@pytest.mark.parametrize(
    ("path", "status", "help_at"),
    [
        ("/gemeente/nergenshuizen", 404, 'value="nergenshuizen"'),
        ("/gemeente/GM9999", 404, "Zoek op naam, code of onderwerp"),
        ("/regio/corop/%3Cscript%3E", 404, "&lt;script&gt;"),
        ("/en/municipality/%22%20onclick=%22x", 404, "Search by name, code or topic"),
        ("/gemeente/zwolle/", 200, "Zwolle"),
        ("/gemeente/nergenshuizen/thema/menselijk-kapitaal", 404, 'value="nergenshuizen"'),
        ("/gemeente/zwolle/thema/geluk", 404, "/gemeente/zwolle/thema/menselijk-kapitaal"),
        ("/en/region/province/overijssel/theme/luck", 404, "/en/region/province/overijssel/theme/human-capital"),
        ("/en/municipality/nowhere/brief", 404, 'value="nowhere"'),
    ],
)
def test_a_wrong_address_says_what_to_do(portal: Datasette, path: str, status: int, help_at: str) -> None:
    answer = ask(portal, path)
    assert answer.status_code == status
    assert help_at in answer.text
    assert not runs_script(answer.text) and 'onclick="' not in answer.text
    assert "'unsafe" not in answer.headers["content-security-policy"]


@pytest.mark.parametrize(
    ("path", "address"),
    [
        ("/gemeente/GM0363?x=1", "/gemeente/amsterdam?x=1"),
        ("/en/municipality/den haag", "/en/municipality/s-gravenhage"),
        ("/gemeente/gm0363", "/gemeente/amsterdam"),
        ("/gemeente/363", "/gemeente/amsterdam"),
        ("/gemeente/CR23", "/regio/corop/groot-amsterdam"),
        ("/en/region/province/CR23", "/en/region/corop/groot-amsterdam"),
        ("/regio/provincie/PV29", "/regio/provincie/zeeland"),
        ("/en/region/province/PV29.xlsx", "/en/region/province/zeeland.xlsx"),
        ("/regio/municipality/GM0363", "/gemeente/amsterdam"),
        ("/gemeente/GM0193/thema/human_capital?group=g40", "/gemeente/zwolle/thema/menselijk-kapitaal?group=g40"),
        ("/gemeente/Zwolle/thema/human-capital", "/gemeente/zwolle/thema/menselijk-kapitaal"),
        ("/gemeente/PV23/thema/menselijk-kapitaal", "/regio/provincie/overijssel/thema/menselijk-kapitaal"),
        ("/en/municipality/den haag/brief/", "/en/municipality/s-gravenhage/brief"),
        ("/gemeente/193/kort", "/gemeente/zwolle/kort"),
        ("/en/municipality/GM0193/baseline", "/en/municipality/zwolle/baseline"),
        # Who ended has its profile only, and only municipalities are like another.
        ("/gemeente/haren/kort", "/gemeente/haren"),
        ("/gemeente/PV23/vergelijkbaar", "/regio/provincie/overijssel"),
    ],
)
def test_a_name_or_a_code_written_otherwise_is_led_to_the_one_address(
    portal: Datasette, path: str, address: str
) -> None:
    answer = ask(portal, path)
    assert (answer.status_code, answer.headers["location"]) == (301, address)


def test_every_region_has_a_page(portal: Datasette, database: sqlite3.Connection) -> None:
    """One of each kind, current and former; the pages of a kind are made alike. One is led across the border."""
    kinds = all_rows(database, "select scheme, is_current, max(region_code) from regions group by 1, 2")
    for scheme, _, code in kinds:
        if scheme == "eurometropool":
            assert ask(portal, f"/regio/{scheme}/{code}").headers["location"] == "/grens/eurometropool"
            continue
        for lang in ("nl", "en"):
            assert code in read(portal, release_of(portal).region_url(code, lang))


def test_every_question_of_a_profile_goes_by_an_index(database: sqlite3.Connection) -> None:
    files = [PORTAL / "plugins" / "profile.py", PORTAL / "plugins" / "profile_tabs.py"]
    files += [PROJECT / "portal" / name for name in ("headlines.py", "region_figures.py", "sub_themes.py")]
    text = "".join(path.read_text(encoding="utf-8") for path in files)
    questions = re.findall(r'^[A-Z_]+ = """\n(.*?)"""', text, re.S | re.M)
    questions += [YEARS, *re.findall(r'^[A-Z_]+ = "(select [^"]+)"', text, re.M)]
    assert len(questions) > 8
    for sql in questions:
        plan = all_rows(database, f"explain query plan {sql}", *_dummies(sql))
        # What is asked for comes as a list, which is read whole.
        scans = [row["detail"] for row in plan if row["detail"].startswith("SCAN")]
        assert not [scan for scan in scans if "VIRTUAL TABLE" not in scan], sql


def _dummies(sql: str) -> list[str]:
    return ["[]"] * len(set(re.findall(r":\w+", sql)))


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/regio/nuts3/nord", "De cijfers zijn dus niet die van Rijsel."),
        ("/en/region/nuts3/nord", "So the figures are not those of Lille."),
    ],
)
def test_that_lille_is_only_a_part_of_nord_is_said(portal: Datasette, path: str, said: str) -> None:
    assert said in plain(read(portal, path))
