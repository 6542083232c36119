"""Many indicators and regions side by side: every group, every figure of the release, every order, every file."""

import csv
import io
import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import openpyxl
import pytest
from datasette.app import Datasette
from support import query
from support_portal import ask, fetch, release_of

from portal.asked_comparison import HIGH_FIRST, LOW_FIRST, MOST_INDICATORS, MOST_REGIONS
from portal.comparison_table import period_for
from portal.formats import format_number
from portal.pages import page_url

CELL = re.compile(r'<td class="n">(?:<a href="([^"]+)">|<span class="detail">)([^<]*)<')
HEAD = re.compile(r'<th scope="col" class="n"(?: aria-sort="(\w+)")?><a href="[^"]*sort=(\w+)&')
TABLE = "group=g40&region=GM0193"


def read_lines(page: str) -> list[tuple[str, list[tuple[str, str]]]]:
    """Each line of the table: the name of its region and, for each cell, the address and the figure."""
    body = page[page.index("<tbody>") :].split("</tbody>")[0]
    rows = body.split("<tr")[1:]
    return [(unescape(re.findall(r'scope="row"><a [^>]+>([^<]+)<', row)[0]), CELL.findall(row)) for row in rows]


def read_csv(portal: Datasette, asked: str, lang: str = "nl") -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(fetch(portal, f"{page_url('compare', lang)}.csv?{asked}").text, newline="")))


def groups(portal: Datasette) -> list[str]:
    """The groups that the form offers to who comes from Zwolle."""
    page = fetch(portal, "/vergelijk?region=GM0193").text
    chosen = page[page.index('<select id="group"') :].split("</select>")[0]
    return [value for value in re.findall(r'<option value="([^"]+)"', chosen) if value]


def members(release: Path, group: str) -> set[str]:
    """The regions of a group, as the tables of the release have it."""
    if group == "similar":
        sql = (
            "select peer_code from similar_municipalities where region_code = 'GM0193' and similarity_kind = 'economy'"
        )
        return {code for (code,) in query(release, sql)}
    alike = query(release, "select region_code from regions where scheme = ? and is_current", group)
    inside = query(
        release,
        """select distinct municipality_code from region_membership
        where region_code = ? and valid_to is null and municipality_code <> region_code""",
        group.upper(),
    )
    return {code for (code,) in (alike if len(alike) > 1 else inside)}


def test_every_group_has_its_regions_with_the_figures_of_the_release(portal: Datasette, sample_release: Path) -> None:
    offered = groups(portal)
    assert {"similar", "g40", "g4", "p10", "province", "corop", "labour_market_region", "PV23"} <= {*offered}
    published = {
        key: (value, status)
        for *key_parts, value, status in query(
            sample_release,
            "select indicator_id, region_code, period_code, value, value_status from observations_on_boundaries",
        )
        for key in [tuple(key_parts)]
    }
    for group in offered:
        # Regions of Eurostat have figures of one theme or of another.
        themes = ("human_capital", "regional_economy") if group.startswith("nuts") else ("human_capital",)
        asked = [urlencode({"region": "GM0193", "group": group, "theme": theme}) for theme in themes]
        rows = [row for each in asked for row in read_csv(portal, each)]
        codes = {row["region_code"] for row in rows}
        wanted = members(sample_release, group)
        assert 1 < len(wanted) <= MOST_REGIONS and codes <= wanted | {"GM0193"}, group
        # Every region that exists has some of these figures.
        assert codes == wanted | {"GM0193"}, group
        periods = {row["indicator_id"]: row["period_code"] for row in rows}
        assert all(row["period_code"] == periods[row["indicator_id"]] for row in rows)
        for row in rows:
            value, status = published[row["indicator_id"], row["region_code"], row["period_code"]]
            assert (float(row["value"]) if row["value"] else None) == value
            assert row["value_status"] in (status, "estimated") and row["attribution"]


@pytest.mark.parametrize(
    ("counts", "period"),
    [
        ({"2024JJ00": 10, "2025JJ00": 1}, "2024JJ00"),
        ({"2024JJ00": 5, "2025JJ00": 5}, "2025JJ00"),
        # What one has of 2025, all have of the year before.
        ({"2023JJ00": 4, "2024JJ00": 3, "2025JJ00": 3}, "2024JJ00"),
        ({"2023JJ00": 1}, "2023JJ00"),
    ],
)
def test_a_period_is_the_newest_that_half_of_the_regions_have(
    portal: Datasette, counts: dict[str, int], period: str
) -> None:
    assert period_for(counts, release_of(portal).registry.periods) == period


@pytest.mark.parametrize("theme", ["sme_support", "human_capital", "inner_city", "regional_economy"])
@pytest.mark.parametrize("lang", ["nl", "en"])
def test_the_page_its_csv_and_its_workbook_say_the_same(
    portal: Datasette, sample_release: Path, lang: str, theme: str
) -> None:
    release, asked = release_of(portal), f"{TABLE}&theme={theme}"
    indicators = release.registry.indicators
    address = f"{page_url('compare', lang)}"
    page = fetch(portal, f"{address}?{asked}").text
    names = [name for _, name in HEAD.findall(page)]
    lines = read_lines(page)
    # Of the indicators of a theme those that these regions have, which are not those of the whole country alone.
    cities, sql = (
        members(sample_release, "g40"),
        "select indicator_id, region_code from baseline where value is not null",
    )
    known = {name for name, code in query(sample_release, sql) if code in cities}
    of_theme = [name for name in release.headlines if indicators.get(name, {}).get("theme") == theme]
    assert len(lines) == 41 and names == [name for name in of_theme if name in known]
    figures = {(row["region_code"], row["indicator_id"]): row["value"] for row in read_csv(portal, asked, lang)}
    wide, long, explained = sheets(portal, f"{address}.xlsx?{asked}")
    region, code, *heads = wide[0]
    # The last line is that of the country.
    assert [row[region] for row in wide[:-1]] == [name for name, _ in lines] and wide[-1][code] == "NL01"
    by_head = {head: next(n for n in names if head.startswith(f"{indicators[n][f'title_{lang}']} (")) for head in heads}
    assert len(heads) > 3
    for row, (_, cells) in zip(wide, lines, strict=False):
        for place, name in enumerate(names):
            url, shown = cells[place]
            value = figures.get((row[code], name), "")
            assert shown == format_number(float(value), indicators[name]["decimals"], lang) if value else not url
            assert not url or url == release.figure_url(row[code], name, lang)
        for head, name in by_head.items():
            value = figures.get((row[code], name), "")
            assert row[head] == (float(value) if value else None), (row[region], head)
    assert len(long) == len(figures)
    assert {row["Indicator"] for row in explained} == {indicators[name][f"title_{lang}"] for name in names}


def sheets(portal: Datasette, path: str) -> list[list[dict[str, Any]]]:
    found = []
    for sheet in openpyxl.load_workbook(io.BytesIO(fetch(portal, path).content)).worksheets:
        rows = list(sheet.iter_rows(values_only=True))
        top = next(number for number, row in enumerate(rows) if row[0] is None)
        assert len(set(rows[top + 1])) == len(rows[top + 1])
        found.append([dict(zip(map(str, rows[top + 1]), row, strict=True)) for row in rows[top + 2 :]])
    return found


def test_one_indicator_through_the_years_comes_as_a_workbook_too(portal: Datasette) -> None:
    asked = "region=GM0193&region=PV23&indicator=jobs_count"
    wide, long, _ = sheets(portal, f"/vergelijk.xlsx?{asked}")
    published = {(row["region_code"], row["period_code"]): row["value"] for row in read_csv(portal, asked)}
    told = {(row["Code"], row["Periode"]): row["Cijfer"] for row in long}
    titles = release_of(portal).texts["periods"]
    assert told == {
        (code, titles[period]["nl"]): float(value) if value else None for (code, period), value in published.items()
    }
    assert [row["Code"] for row in wide] == ["GM0193", "PV23"]
    for row in wide:
        years = {head: value for head, value in row.items() if head not in ("Regio", "Code")}
        assert len(years) > 5 and years == {period: told.get((row["Code"], period)) for period in years}


def orders(portal: Datasette) -> Iterator[tuple[str, str]]:
    """Each way to sort the headlines of a group, by the links of its headings."""
    page = fetch(portal, f"/vergelijk?{TABLE}").text
    yield from ((name, order) for _, name in HEAD.findall(page) for order in (HIGH_FIRST, LOW_FIRST))


def test_every_heading_sorts_by_address_and_says_so(portal: Datasette) -> None:
    release, tried = release_of(portal), 0
    for name, order in orders(portal):
        page = fetch(portal, f"/vergelijk?{TABLE}&sort={name}&order={order}").text
        heads = HEAD.findall(page)
        place = next(at for at, (_, each) in enumerate(heads) if each == name)
        assert [at for at, (said, _) in enumerate(heads) if said] == [place] and page.count("aria-sort") == 1
        shown = [cells[place] for _, cells in read_lines(page)]
        known = [text for url, text in shown if url]
        values = [float(text.replace(".", "").replace(",", ".").replace("\N{MINUS SIGN}", "-")) for text in known]
        assert values == sorted(values, reverse=order == HIGH_FIRST) and len(values) > 30
        # Those without a figure come last.
        assert [bool(url) for url, _ in shown] == sorted((bool(url) for url, _ in shown), reverse=True)
        other = LOW_FIRST if order == HIGH_FIRST else HIGH_FIRST
        assert re.search(rf'aria-sort="\w+"><a href="[^"]*sort={name}&amp;order={other}"', page)
        tried += 1
    assert tried == 2 * 8
    for order in (HIGH_FIRST, LOW_FIRST):
        page = fetch(portal, f"/vergelijk?{TABLE}&sort=name&order={order}").text
        names = [name.casefold() for name, _ in read_lines(page)]
        assert names == sorted(names, reverse=order == HIGH_FIRST)
    assert release.headlines


def test_the_own_region_and_the_country_are_marked(portal: Datasette) -> None:
    page = fetch(portal, f"/vergelijk?{TABLE}").text
    assert re.findall(r'<tr class="mine"><th scope="row"><a [^>]+>([^<]+)', page) == ["Zwolle"]
    assert '<tbody class="reference"><tr class="country">' in page
    among = fetch(portal, "/vergelijk?region=GM0193&region=NL01&indicator=jobs_count&indicator=crimes_count").text
    assert "reference" not in among and among.count('<tr class="country">') == 1
    # Of counts it is said that their order is that of size; of rates it is not.
    assert "grootte van een regio" in among and "grootte van een regio" not in page


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ("group=m50", f"{MOST_REGIONS}"),
        ("group=g4&region=GM9999", "GM9999"),
        ("group=nothing", "nothing"),
        ("group=similar", "similar"),
        ("group=similar&region=PV23", "similar"),
        ("group=g40&theme=nothing", "nothing"),
        ("group=g40&sort=nothing", "nothing"),
        ("group=g40&order=up", "up"),
        ("group=g40&boundary_year=2019", "2019"),
    ],
)
@pytest.mark.parametrize("lang", ["nl", "en"])
def test_what_cannot_be_compared_is_told_everywhere(portal: Datasette, asked: str, told: str, lang: str) -> None:
    address = page_url("compare", lang)
    page = ask(portal, f"{address}?{asked}")
    assert page.status_code == 400 and 'role="alert"' in page.text and told in page.text
    for extension in ("csv", "nl.csv", "xlsx"):
        file = ask(portal, f"{address}.{extension}?{asked}")
        assert file.status_code == 400 and told in file.text


def test_too_many_are_refused_with_their_number(portal: Datasette) -> None:
    regions = [code for code, row in release_of(portal).registry.regions.items() if row["scheme"] == "municipality"]
    indicators = list(release_of(portal).registry.indicators)
    for name, most, listed in (("region", MOST_REGIONS, regions), ("indicator", MOST_INDICATORS, indicators)):
        page = ask(portal, f"/vergelijk?{urlencode([(name, each) for each in listed[: most + 1]])}&region=GM0193")
        assert page.status_code == 400 and str(most) in page.text and str(most + 1) in page.text
        fits = urlencode([(name, each) for each in listed[:most]])
        assert ask(portal, f"/vergelijk?{fits}{'&region=GM0193' if name == 'indicator' else ''}").status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "/gemeente/zwolle",
        "/gemeente/zwolle/banen",
        "/gemeente/zwolle/thema/menselijk-kapitaal",
        "/en/region/province/overijssel/theme/human-capital",
        "/regio/provincie/overijssel",
    ],
)
def test_pages_of_a_region_lead_to_a_comparison_with_it(portal: Datasette, path: str) -> None:
    page = fetch(portal, path).text
    links = [unescape(url) for url in re.findall(r'href="(/(?:en/)?(?:vergelijk|compare)\?[^"]+)"', page)]
    own = "PV23" if "PV23" in path or "overijssel" in path else "GM0193"
    assert links and all(f"region={own}" in url for url in links)
    for url in links:
        found = fetch(portal, url).text
        assert release_of(portal).registry.regions[own]["name"] in found
