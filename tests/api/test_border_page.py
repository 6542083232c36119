"""The regions on both sides of the border: every figure as the table has it, by name, on one scale, and what lacks."""

import csv
import html
import io
import re
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from datasette.app import Datasette
from support_charts import charts_in, outside
from support_portal import ask, fetch, open_portal, release_of
from support_releases import with_other_words

from portal.border import NEIGHBOUR, BorderIndicator, BorderSeries, border_slugs, border_url
from portal.formats import format_number

SECTION = re.compile(r'<section class="across" id="(\w+)".*?</section>', re.DOTALL)
TILE = re.compile(r'<article class="multiple">.*?</article>', re.DOTALL)
ROW = re.compile(r'<tr><th scope="row">(.*?)</th>(.*?)</tr>', re.DOTALL)
CELL = re.compile(r"<td[^>]*>(.*?)</td>", re.DOTALL)
NONE = "\N{EN DASH}"


@pytest.fixture(scope="module")
def pages(portal: Datasette) -> dict[str, str]:
    """The page of every border region of the release, in English."""
    release = release_of(portal)
    paths = {code: border_url(release, code, "en") for code in border_slugs(release)}
    assert paths == {"EM01": "/en/border/eurometropool"}
    return {code: fetch(portal, str(path)).text for code, path in paths.items()}


def plain(text: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", text)).split())


def rows_of(database: sqlite3.Connection, code: str) -> list[sqlite3.Row]:
    sql = """
    select c.*, i.decimals, i.kind, i.title_en, f.name as figure_name, p.title_en as period from cross_border as c
    join indicators as i using (indicator_id) join periods as p using (period_code)
    left join regions as f on f.region_code = c.figure_region_code where region_group in (?, ?)
    """
    return database.execute(sql, [code, NEIGHBOUR]).fetchall()


def test_every_border_region_of_the_table_has_a_page(pages: dict[str, str], database: sqlite3.Connection) -> None:
    groups = database.execute("select distinct region_group from cross_border").fetchall()
    assert {row["region_group"] for row in groups} - {NEIGHBOUR} == pages.keys()


def test_every_figure_of_the_tables_is_that_of_the_release(pages: dict[str, str], database: sqlite3.Connection) -> None:
    for code, page in pages.items():
        seen = {}
        for section in SECTION.finditer(page):
            periods = re.findall(r'<th scope="col" class="n">([^<]+)</th>', section[0])
            for head, cells in ROW.findall(section[0]):
                for period, cell in zip(periods, CELL.findall(cells), strict=True):
                    seen[section[1], plain(head), period] = plain(cell)
        rows = rows_of(database, code)
        assert len(rows) > 300
        for row in rows:
            [found] = [
                cell
                for (name, head, period), cell in seen.items()
                if name == row["indicator_id"] and period == row["period"] and head.startswith(f"{row['region_name']} ")
            ]
            number = format_number(row["value"], row["decimals"], "en")
            assert found.startswith(number) if number else not re.search(r"\d", found) and found != NONE
        # What is not there at all is not shown as if it lacked.
        assert sum(cell != NONE for cell in seen.values()) == len(rows)


def test_every_region_with_a_figure_has_a_chart_of_its_figures_on_one_scale(
    pages: dict[str, str], database: sqlite3.Connection
) -> None:
    for code, page in pages.items():
        rows = rows_of(database, code)
        for section in SECTION.finditer(page):
            mine = [row for row in rows if row["indicator_id"] == section[1]]
            charts, scales = {}, set()
            for tile in TILE.findall(section[0]):
                name = re.search(r"<h3><a [^>]+>([^<]+)</a>", tile)
                assert name
                charts[html.unescape(name[1])] = dict(re.findall(r"<title>(\d{4}): ([^<]+)</title>", tile))
                scales.add(tuple(re.findall(r'<text class="(?:end|year \w+)" [^>]+>([^<]+)</text>', tile)))
            wanted: dict[str, dict[str, str]] = {}
            for row in mine:
                if row["value"] is not None:
                    number = format_number(row["value"], row["decimals"], "en")
                    assert wanted.setdefault(row["figure_name"], {}).setdefault(str(row["year"]), number) == number
            assert charts == wanted and len(scales) == 1


def test_a_figure_of_a_larger_region_is_said_to_be_that(pages: dict[str, str], database: sqlite3.Connection) -> None:
    for code, page in pages.items():
        wider = {
            (row["indicator_id"], row["figure_name"], row["region_name"])
            for row in rows_of(database, code)
            if row["figure_region_code"] and row["figure_region_code"] != row["region_code"]
        }
        assert len({region for _, _, region in wider}) == 10
        for section in SECTION.finditer(page):
            text = plain(section[0])
            mine = [each for each in wider if each[0] == section[1]]
            assert ("There is no figure of the NUTS 3 regions" in text) == bool(mine)
            assert text.count("(NUTS 2)") == len(mine)
            for _, larger, region in mine:
                assert re.search(rf"{re.escape(region)} [^,]+, figure of {re.escape(larger)} \(NUTS 2\)", text)


@pytest.mark.parametrize("lang", ["nl", "en"])
def test_every_region_is_named_and_lille_is_a_part_of_nord(
    portal: Datasette, database: sqlite3.Connection, lang: str
) -> None:
    path = border_url(release_of(portal), "EM01", lang)
    page = fetch(portal, str(path)).text
    said = {
        "nl": ("zes arrondissementen (Rijsel,", "De cijfers zijn dus niet die van Rijsel."),
        "en": ("six arrondissements (Lille,", "So the figures are not those of Lille."),
    }
    assert all(words in plain(page) for words in said[lang])
    for row in database.execute("select distinct region_code, region_name from cross_border"):
        url = release_of(portal).region_url(row["region_code"], lang)
        link = f'<a href="{url}">{row["region_name"]}</a>'
        # A code stands beside a name, never alone.
        assert link in page
        codes = re.findall(rf"(.{{80}})\b{row['region_code']}\b(?![\"/])", plain(page))
        assert codes and all(before.rstrip().endswith(row["region_name"]) for before in codes)


def test_what_is_missing_is_said_with_the_reason(pages: dict[str, str], database: sqlite3.Connection) -> None:
    for code, page in pages.items():
        rows, section = rows_of(database, code), page[page.index('id="missing"') :]
        lines, text = [plain(line) for line in re.findall(r"<li>(.*?)</li>", section)], plain(section)
        newest: dict[str, str] = {}
        for row in rows:
            if row["value"] is not None:
                newest[row["indicator_id"]] = max(newest.get(row["indicator_id"], ""), row["period_code"])
        gaps = [row for row in rows if row["value"] is None and row["period_code"] == newest[row["indicator_id"]]]
        assert len(gaps) > 10
        for row in gaps:
            of_it = [line for line in lines if line.startswith(f"{row['title_en']}: no figure for {row['period']} of ")]
            [reason] = [line for line in of_it if re.search(rf"{re.escape(row['region_name'])}[,.]", line)]
            assert ("confidential" in reason) == (row["value_status"] == "suppressed")
        assert (
            "no map of the Belgian and French regions with an open licence" in text and "purchasing power (PPS)" in text
        )


@pytest.mark.parametrize("path", ["/grens/eurometropool", "/en/border/eurometropool"])
def test_no_text_of_a_chart_across_the_border_leaves_it(portal: Datasette, path: str) -> None:
    charts = charts_in(fetch(portal, path).text)
    assert len(charts) > 30 and not [told for svg in charts for told in outside(svg)]


def test_every_source_is_named_with_its_licence(pages: dict[str, str], database: sqlite3.Connection) -> None:
    sql = """select distinct s.title_en, s.attribution, s.licence from cross_border as c
    join indicator_sources as i using (indicator_id) join sources as s using (dataset_id)"""
    for page in pages.values():
        listed = plain(page[page.index('id="sources"') :])
        for row in database.execute(sql):
            assert f"{row['title_en']} {row['attribution']} · {row['licence']}" in listed


def test_the_file_has_every_row_of_the_table(portal: Datasette, database: sqlite3.Connection) -> None:
    rows = list(csv.DictReader(io.StringIO(fetch(portal, "/en/border/eurometropool.csv").text)))
    known = {(row["region_code"], row["indicator_id"], row["period_code"]): row for row in rows_of(database, "EM01")}
    assert {(row["region_code"], row["indicator_id"], row["period_code"]) for row in rows} == known.keys()
    for row in rows:
        wanted = known[row["region_code"], row["indicator_id"], row["period_code"]]
        assert (float(row["value"]) if row["value"] else None) == wanted["value"]
        assert row["figure_region"] == (wanted["figure_name"] or "") and row["value_status"] == wanted["value_status"]
        assert row["attribution"] == "Bron: Eurostat" and row["licence"] and row["notice"] and row["region_name"]


@pytest.mark.parametrize(
    ("asked", "led"),
    [
        ("/grens", "/grens/eurometropool"),
        ("/en/border/EM01", "/en/border/eurometropool"),
        ("/grens/eurometropool-lille-kortrijk-tournai", "/grens/eurometropool"),
        ("/regio/eurometropool/EM01", "/grens/eurometropool"),
        ("/en/region/eurometropool/em01", "/en/border/eurometropool"),
    ],
)
def test_every_address_of_the_eurometropolis_leads_to_its_page(portal: Datasette, asked: str, led: str) -> None:
    answer = ask(portal, asked)
    assert answer.status_code in (301, 302) and answer.headers["location"] == led


def test_regions_and_the_search_lead_to_the_page(portal: Datasette, database: sqlite3.Connection) -> None:
    for row in database.execute("select distinct region_code from cross_border"):
        assert (
            'href="/grens/eurometropool"' in fetch(portal, release_of(portal).region_url(row["region_code"], "nl")).text
        )
    assert 'href="/grens"' in fetch(portal, "/?q=grens").text
    for path in ("/grens/nergens", "/grens/BE254", "/grens/nergens.csv"):
        assert ask(portal, path).status_code == 404


def test_without_figures_across_the_border_there_is_no_page(
    sample_release: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("inland") / sample_release.name
    inland = open_portal(with_other_words(sample_release, folder, "delete from cross_border;"))
    assert ask(inland, "/grens").status_code == ask(inland, "/grens/eurometropool").status_code == 404
    assert ask(inland, "/regio/eurometropool/eurometropool-lille-kortrijk-tournai").status_code == 200


TILES = re.compile(r'<ul class="tiles">.*?</ul>', re.DOTALL)
BOX = re.compile(
    r'<li class="c(\d) r(\d)"><a href="([^"]+)"><strong class="(\w+)">([^<]+)</strong> <span>([^<]+)</span>'
)


def test_every_rate_is_on_the_map_with_every_region_in_a_place_of_its_own(
    pages: dict[str, str], database: sqlite3.Connection
) -> None:
    for code, page in pages.items():
        rows = rows_of(database, code)
        assert len({(row["map_column"], row["map_row"]) for row in rows}) == len({row["region_code"] for row in rows})
        for section in SECTION.finditer(page):
            mine = [row for row in rows if row["indicator_id"] == section[1]]
            drawn = TILES.search(section[0])
            assert bool(drawn) == (mine[0]["kind"] != "count"), section[1]
            if not drawn:
                continue
            newest = max(row["period_code"] for row in mine if row["value"] is not None)
            wanted, shades = {}, {}
            for row in (row for row in mine if row["period_code"] == newest):
                number = format_number(row["value"], row["decimals"], "en") or "no figure"
                wanted[row["region_name"]] = (str(row["map_column"]), str(row["map_row"]), number)
                shades[row["region_name"]] = row["value"]
            boxes = {html.unescape(name): (*place, said) for *place, _, _, said, name in BOX.findall(drawn[0])}
            assert boxes == wanted and len(boxes) == 10
            # A higher figure never has a lighter colour, and one that is not known has none.
            colours = {html.unescape(name): shade for _, _, _, shade, _, name in BOX.findall(drawn[0])}
            known = sorted((value, colours[name]) for name, value in shades.items() if value is not None)
            assert [shade for _, shade in known] == sorted(shade for _, shade in known)
            assert {colours[name] for name, value in shades.items() if value is None} <= {"none"}


def test_a_release_from_before_the_map_has_a_page_without_it() -> None:
    rows: list[dict[str, Any]] = [
        {"region_code": "X", "region_name": "X", "region_group": "EM01", "country": "BE", "indicator_id": "i"}
    ]
    rows[0] |= {"period_code": "2024JJ00", "value": 1.0, "figure_region_code": "X", "value_status": "final"}
    indicator = {"indicator_id": "i", "kind": "rate", "decimals": 1, "is_comparable": 1, "direction": "neutral"}
    newest = BorderSeries("X", "X", "BE", rows, [], rows[0])
    assert BorderIndicator(indicator, rows, [newest], {"X": {"2024JJ00": rows[0]}}).tiles == []
    placed = [{**rows[0], "map_row": 1, "map_column": 1}]
    assert len(BorderIndicator(indicator, placed, [newest], {"X": {"2024JJ00": placed[0]}}).tiles) == 1
