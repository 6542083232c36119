"""Every cooperation of municipalities: its members by date, each figure as the table has it, and what is concluded."""

import csv
import html
import io
import re
import sqlite3
from itertools import pairwise
from pathlib import Path

import pytest
from datasette.app import Datasette
from support_charts import charts_in, outside
from support_portal import ask, fetch, open_portal, release_of, towns_linked
from support_releases import with_other_words

from portal.cooperation import KINDS, PARTIES, cooperation_named, cooperation_slugs, cooperation_url
from portal.formats import format_number

CODES = ("CO01", "CO02", "PT01", "PT02", "PT03", "PT04", "PT05", "PT06")
TILE = re.compile(r'<article class="multiple">.*?</article>', re.DOTALL)
ROW = re.compile(r'<tr><th scope="row">(.*?)</th>(.*?)</tr>', re.DOTALL)
CELL = re.compile(r"<td[^>]*>(.*?)</td>", re.DOTALL)
NONE = "\N{EN DASH}"


def plain(text: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", text)).split())


def page_of(portal: Datasette, code: str, lang: str = "en") -> str:
    path = cooperation_url(release_of(portal), code, lang)
    assert path is not None
    return str(fetch(portal, path).text)


def part(page: str, name: str) -> str:
    start = page.index(f'<section id="{name}"')
    return page[start : page.index("</section>", start)]


def indicator_in(text: str) -> str:
    found = re.search(r"/indicator/(\w+)", text)
    assert found
    return found[1]


def rows_of(database: sqlite3.Connection, code: str) -> dict[tuple[str, int], sqlite3.Row]:
    sql = """
    select m.*, i.decimals, i.kind from cooperation_monitor as m join indicators as i using (indicator_id)
    where region_code = ?
    """
    return {(row["indicator_id"], row["year"]): row for row in database.execute(sql, [code])}


def test_these_are_all_cooperations_of_the_release(portal: Datasette, database: sqlite3.Connection) -> None:
    kinds = ", ".join(f"'{kind}'" for kind in KINDS)
    found = database.execute(f"select region_code from regions where scheme in ({kinds}) and is_current order by 1")
    assert tuple(row["region_code"] for row in found) == CODES == tuple(sorted(cooperation_slugs(release_of(portal))))


@pytest.mark.parametrize("code", CODES)
def test_every_figure_of_the_tables_of_a_page_is_that_of_the_monitor(
    portal: Datasette, database: sqlite3.Connection, code: str
) -> None:
    known, page, seen = rows_of(database, code), page_of(portal, code), 0
    tiles = TILE.findall(part(page, "figures"))
    assert 8 <= len(tiles) <= 12
    for tile in tiles:
        name = indicator_in(tile)
        years = {int(year): CELL.findall(cells) for year, cells in ROW.findall(tile)}
        assert sorted(years) == sorted(year for each, year in known if each == name)
        for year, cells in years.items():
            row = known[name, year]
            for cell, (value, _, index) in zip(cells, PARTIES.values(), strict=True):
                shown = plain(cell)
                if row[value] is not None:
                    assert shown.startswith(format_number(row[value], row["decimals"], "en"))
                assert ("index" in shown) == (row["kind"] == "count" and row[index] is not None)
                if "index" in shown:
                    assert shown.endswith(f"index {format_number(row[index], 1, 'en')}")
                seen += 1
    assert seen > 200


@pytest.mark.parametrize("code", CODES)
def test_every_indicator_has_its_course_before_and_since(
    portal: Datasette, database: sqlite3.Connection, code: str
) -> None:
    known, names = rows_of(database, code), set()
    for head, cells in ROW.findall(part(page_of(portal, code), "all")):
        name, shown = indicator_in(head), [plain(cell) for cell in CELL.findall(cells)]
        names.add(name)
        for (span, *stands), phase in zip((shown[:4], shown[4:]), ("before", "after"), strict=True):
            years = re.fullmatch(r"(\d{4}) \((\d{4}) = 100\)", span)
            if years is None:
                assert stands == [NONE] * 3
                continue
            row = known[name, int(years[1])]
            assert row["phase"] == phase and row["base_year"] == int(years[2]) != row["year"]
            indices = [row[index] for _, _, index in PARTIES.values()]
            assert stands == [NONE if each is None else format_number(each, 1, "en") for each in indices]
    assert names == {name for name, _ in known}


@pytest.mark.parametrize("code", CODES)
def test_the_points_of_every_chart_are_the_figures_of_the_monitor(
    portal: Datasette, database: sqlite3.Connection, code: str
) -> None:
    known = rows_of(database, code)
    names = {"the region": "region", "similar municipalities": "similar", "rest of the Netherlands": "rest"}
    for tile in TILE.findall(part(page_of(portal, code), "figures")):
        name = indicator_in(tile)
        marks = re.findall(r"<title>([^<]+), (\d{4}): ([^<]+)</title>", tile)
        shown = {(names[line], int(year)): number for line, year, number in marks}
        wanted = {}
        for (each, year), row in known.items():
            for who, (value, _, index) in PARTIES.items():
                column, decimals = (index, 1) if row["kind"] == "count" else (value, row["decimals"])
                if each == name and row[column] is not None:
                    wanted[who, year] = format_number(row[column], decimals, "en")
        assert shown == wanted
        has_before = any(year < 2016 for _, year in wanted)
        assert (">since 2016</text>" in tile) == has_before == ('class="moment"' in tile)


@pytest.mark.parametrize("code", CODES)
def test_no_line_crosses_a_change_of_the_base_year(portal: Datasette, database: sqlite3.Connection, code: str) -> None:
    known, breaking = rows_of(database, code), 0
    for tile in TILE.findall(part(page_of(portal, code), "figures")):
        rows = sorted((row for (name, _), row in known.items() if name == indicator_in(tile)), key=lambda r: r["year"])
        bases = [row["base_year"] for row in rows if row["region_index"] is not None]
        changes = sum(a != b for a, b in pairwise(bases))
        assert tile.count('class="break"') == changes
        breaking += changes
    assert breaking > 0


@pytest.mark.parametrize("code", CODES)
def test_the_members_are_those_of_now_by_date(portal: Datasette, database: sqlite3.Connection, code: str) -> None:
    section = part(page_of(portal, code), "members")
    gone = section.find("No longer a member")
    listed = section[: gone if gone >= 0 else None]
    shown = towns_linked(portal, listed)
    members = database.execute(
        "select municipality_code from region_membership where region_code = ? and valid_to is null", [code]
    )
    assert sorted(shown) == sorted(row["municipality_code"] for row in members)
    ended = database.execute(
        """select r.name, m.valid_to from region_membership as m join regions as r
        on r.region_code = m.municipality_code where m.region_code = ? and m.valid_to is not null""",
        [code],
    )
    for row in ended:
        assert row["name"] in plain(section)
    about = next(iter(rows_of(database, code).values()))
    assert f"that of the {about['members_then']} members on 1 January 2016" in plain(section)
    assert len(shown) == about["members_now"]
    assert ("approximate" in section) == (about["territory"] == "approximate")


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("PT01", "Noardeast-Fryslân earlier members of their own: Dongeradeel, Ferwerderadiel and Kollumerland"),
        ("PT02", "Hoogeveen and Nunspeet joined later and are not counted in the figures."),
        ("PT03", "Amsterdam earlier a member of its own: Weesp (until 23 March 2022)"),
        ("CO02", "Vijfheerenlanden earlier a member of its own: Vianen (until 31 December 2018)"),
    ],
)
def test_who_came_and_who_went_on_in_another_is_told(portal: Datasette, code: str, said: str) -> None:
    assert said in plain(part(page_of(portal, code), "members"))


@pytest.mark.parametrize("code", CODES)
def test_the_similar_municipalities_are_named(portal: Datasette, database: sqlite3.Connection, code: str) -> None:
    section = part(page_of(portal, code), "peers")
    peers = database.execute("select distinct peer_code from cooperation_peers where region_code = ?", [code])
    codes = {row["peer_code"] for row in peers}
    assert set(towns_linked(portal, section)) == codes
    assert f"{len(codes)} municipalities together" in plain(section)


@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize("lang", ["nl", "en"])
def test_what_may_not_be_concluded_and_every_source_is_said(
    portal: Datasette, database: sqlite3.Connection, code: str, lang: str
) -> None:
    page = page_of(portal, code, lang)
    conclusion = plain(part(page, "conclusion"))
    is_pilot = code.startswith("PT")
    words = {
        "nl": "Niet te zien is of dat door de proeftuin komt." if is_pilot else "Deze regio was geen proeftuin",
        "en": "You cannot see whether the pilot did it." if is_pilot else "This region was no pilot",
    }
    assert words[lang] in conclusion
    sources = database.execute(
        """select distinct s.attribution, s.licence from cooperation_monitor as m
        join indicator_sources as i using (indicator_id) join sources as s using (dataset_id) where region_code = ?""",
        [code],
    )
    listed = plain(part(page, "sources"))
    for row in sources.fetchall():
        assert f"{row['attribution']} · {row['licence']}" in listed


@pytest.mark.parametrize("code", CODES)
def test_the_file_has_every_row_of_the_monitor(portal: Datasette, database: sqlite3.Connection, code: str) -> None:
    path = cooperation_url(release_of(portal), code, "en")
    rows = list(csv.DictReader(io.StringIO(fetch(portal, f"{path}.csv").text)))
    known = rows_of(database, code)
    assert {(row["indicator_id"], int(row["year"])) for row in rows} == known.keys() and len(rows) == len(known)
    for row in rows:
        wanted = known[row["indicator_id"], int(row["year"])]
        for column in (column for columns in PARTIES.values() for column in columns):
            value = wanted[column]
            assert (
                row[column] == value if isinstance(value, str) else (float(row[column] or "nan") == value) or not value
            )
        assert row["attribution"] and row["licence"] and row["notice"] and row["region"]


def test_regions_of_one_name_are_told_apart_and_lead_to_each_other(
    portal: Datasette, database: sqlite3.Connection
) -> None:
    sql = "select region_code, name, scheme from regions where is_current and not region_code like 'GM%'"
    rows = database.execute(sql).fetchall()
    twins = [(a, b) for a in rows for b in rows if a["name"] == b["name"] and a["region_code"] != b["region_code"]]
    assert {a["name"] for a, _ in twins} >= {"Regio Zwolle", "Zeeland", "Drechtsteden", "Twente"}
    release = release_of(portal)
    for one, other in twins:
        link = f'href="{release.region_url(other["region_code"], "nl")}"'
        assert link in fetch(portal, release.region_url(one["region_code"], "nl")).text
        if one["region_code"] in CODES:
            assert link in page_of(portal, one["region_code"], "nl")
    zwolle = plain(page_of(portal, "PT02", "nl"))
    assert "Ook zo genoemd: Arbeidsmarktregio Regio Zwolle (16 gemeenten, die ook alle hier lid zijn)" in zwolle
    assert "Arbeidsmarktregio Twente (dezelfde 14 gemeenten)" in plain(page_of(portal, "CO01", "nl"))
    assert re.search(r"Arbeidsmarktregio Drechtsteden \(\d+ gemeenten, ", plain(page_of(portal, "PT04", "nl")))


@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize("lang", ["nl", "en"])
def test_no_text_of_a_chart_of_a_cooperation_leaves_it(portal: Datasette, code: str, lang: str) -> None:
    charts = charts_in(page_of(portal, code, lang))
    assert len(charts) >= 8 and not [told for svg in charts for told in outside(svg)]


@pytest.mark.parametrize("code", CODES)
def test_the_profile_and_every_member_lead_to_the_page(portal: Datasette, code: str) -> None:
    release = release_of(portal)
    path = cooperation_url(release, code, "nl")
    profile = fetch(portal, release.region_url(code, "nl")).text
    assert f'href="{path}"' in profile and 'id="members"' not in profile
    member = release.relations.members[code][0]["region_code"]
    assert f'href="{path}"' in fetch(portal, release.region_url(member, "nl")).text


def test_a_cooperation_is_found_by_code_and_by_name(portal: Datasette) -> None:
    release = release_of(portal)
    for code, slug in cooperation_slugs(release).items():
        assert cooperation_named(release, code.lower()) == cooperation_named(release, slug) == code
        for asked in (code, code.lower()):
            answer = ask(portal, f"/en/cooperation/{asked}")
            assert answer.status_code == 301 and answer.headers["location"] == f"/en/cooperation/{slug}"
        assert f'href="/samenwerking/{slug}"' in fetch(portal, "/samenwerking").text
    assert 'href="/samenwerking"' in fetch(portal, "/?q=proeftuin").text
    for asked in ("nergens", "GM0193", "g40"):
        assert ask(portal, f"/samenwerking/{asked}").status_code == 404
        assert ask(portal, f"/samenwerking/{asked}.csv").status_code == 404


OF_ONE_NAME = """
insert into regions (region_code, name, scheme, is_current) values ('OWN-ZEE', 'Zeeland', 'own', 1);
insert into region_membership (scheme, region_code, municipality_code, valid_from, valid_to, source, checked_on)
    select 'own', 'OWN-ZEE', municipality_code, valid_from, valid_to, source, checked_on
    from region_membership where region_code = 'PT01';
"""


def test_a_selection_with_the_name_of_a_pilot_has_an_address_of_its_own(sample_release: Path, tmp_path: Path) -> None:
    twins = open_portal(with_other_words(sample_release, tmp_path / sample_release.name, OF_ONE_NAME))
    listed = fetch(twins, "/samenwerking").text
    for code, slug in (("PT05", "zeeland-pt05"), ("OWN-ZEE", "zeeland-own-zee")):
        assert f'href="/samenwerking/{slug}"' in listed
        assert ask(twins, f"/samenwerking/{code}").headers["location"] == f"/samenwerking/{slug}"
    selection = fetch(twins, "/samenwerking/zeeland-own-zee").text
    assert 'href="/regio/proeftuin/zeeland"' in selection and "geen cijfers in deze release" in selection
    assert "Noardeast-Fryslân" in part(selection, "members")
