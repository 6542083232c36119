"""The goals of every programme for every group: all its regions, each with the figure of the monitor, and who lags."""

import csv
import io
import re
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from datasette.app import Datasette
from support import query
from support_portal import ask, fetch, release_of

from portal.formats import format_number
from portal.pages import page_url
from portal.programme import GROUPS, PROVINCES

EMPTY = "\N{EN DASH}"
PROGRAMMES = ("g40_economic_pillar", "vng_taskforce")
MEMBERS = {
    PROVINCES: "select region_code from regions where scheme = 'province' and is_current",
    **{
        group: f"select municipality_code from region_membership where scheme = '{group}' and valid_to is null"
        " and municipality_code <> region_code"
        for group in GROUPS
        if group != PROVINCES
    },
}


@pytest.mark.parametrize("programme", PROGRAMMES)
@pytest.mark.parametrize("group", GROUPS)
def test_every_region_of_a_group_has_the_figures_of_the_monitor(
    portal: Datasette, sample_release: Path, group: str, programme: str
) -> None:
    page = fetch(portal, f"/en/programme/{group}?programme={programme}").text
    lines = re.findall(r"<tr>\s*<th scope=\"row\"><a href=\"([^\"]+)\".*?</tr>", page, re.DOTALL)
    codes = {code for (code,) in query(sample_release, MEMBERS[group])}
    release = release_of(portal)
    assert len(codes) > 3 and set(lines) == {release.region_url(code, "en") for code in codes}
    known = query(
        sample_release,
        f"""
        select m.region_code, m.indicator_id, m.value, i.decimals from goal_monitor as m
        join indicators as i using (indicator_id)
        where m.programme_id = ? and m.value is not null and m.figure_region_code = m.region_code
            and m.region_code in ({MEMBERS[group]})
        """,
        programme,
    )
    release = release_of(portal)
    cells = dict(re.findall(r'<a href="(/en/(?:municipality|region)/[^"]+)">([^<]+)</a><span', page))
    shown = {release.figure_url(code, name, "en"): format_number(v, d, "en") for code, name, v, d in known}
    assert shown and cells == shown


@pytest.mark.parametrize("group", GROUPS)
def test_the_file_has_the_figures_of_the_page(portal: Datasette, group: str) -> None:
    rows = list(csv.DictReader(io.StringIO(fetch(portal, f"/en/programme/{group}.csv").text)))
    page = fetch(portal, f"/en/programme/{group}").text
    assert len(rows) == len(re.findall(r'<td class="n \w+"><a ', page)) > 3
    assert all(row["attribution"] and row["licence"] and row["notice"] for row in rows)
    behind = sum(row["judgement"] == "behind" for row in rows)
    assert behind == page.count('<td class="n behind">')


@pytest.mark.parametrize("lang", ["nl", "en"])
def test_every_goal_can_be_sorted_by(portal: Datasette, lang: str) -> None:
    path = page_url("programme", lang, group="g40")
    links = re.findall(rf'href="{path}\?programme=(\w+)&amp;sort=(\w+)"', fetch(portal, path).text)
    assert len(links) > 5
    for programme, goal in links:
        page = fetch(portal, f"{path}?programme={programme}&sort={goal}").text
        assert page.count('aria-sort="ascending"') == 1


def test_the_groups_are_listed_and_profiles_lead_to_them(portal: Datasette) -> None:
    page = fetch(portal, "/programma").text
    assert all(f'href="/programma/{group}"' in page for group in GROUPS)
    assert 'href="/programma/g40"' in fetch(portal, "/gemeente/zwolle").text
    assert 'href="/programma/g40"' not in fetch(portal, "/gemeente/amsterdam").text


@pytest.mark.parametrize(
    "path", ["/programma/nergens", "/programma/corop", *(f"/programma/x.{e}" for e in ("csv", "xlsx"))]
)
def test_an_unknown_group_is_told(portal: Datasette, path: str) -> None:
    assert ask(portal, path).status_code == 404
    assert fetch(portal, "/programma/g40?programme=nothing&sort=nothing").status_code == 200


@dataclass(frozen=True)
class ShownGoals:
    """The table of a page: the name of each region with its cells (what is written, and its judgement)."""

    lines: list[tuple[str, list[tuple[str, str]]]]
    country: list[str]

    @classmethod
    def read(cls, page: str) -> "ShownGoals":
        head = r'<th scope="row">(?:<a href="[^"]+">)?([^<]+)'
        cell = r'<td class="n ?(\w*)">(?:<a href="[^"]+">|<span aria-hidden="true">|)([^<]*)'
        body, foot = page[page.index("<tbody") :].split("<tfoot>")
        lines = []
        for row in body.split("<tr>")[1:]:
            cells = [(text, judgement) for judgement, text in re.findall(cell, row)]
            lines.append((unescape(re.findall(head, row)[0]), cells[1:]))
        return cls(lines, [text for _, text in re.findall(cell, foot.split("</tfoot>")[0])])


def sheets_of_programme(portal: Datasette, path: str) -> list[list[dict[str, Any]]]:
    """The rows of each sheet, by their headings."""
    found = []
    for sheet in openpyxl.load_workbook(io.BytesIO(fetch(portal, path).content)).worksheets:
        rows = list(sheet.iter_rows(values_only=True))
        top = next(number for number, row in enumerate(rows) if row[0] is None)
        assert len(set(rows[top + 1])) == len(rows[top + 1]) and sheet.freeze_panes and sheet.auto_filter.ref
        found.append([dict(zip(map(str, rows[top + 1]), row, strict=True)) for row in rows[top + 2 :]])
    return found


@pytest.mark.parametrize("lang", ["nl", "en"])
@pytest.mark.parametrize("programme", PROGRAMMES)
@pytest.mark.parametrize("group", GROUPS)
def test_the_workbook_has_every_cell_of_the_table(portal: Datasette, group: str, programme: str, lang: str) -> None:
    path, release = page_url("programme", lang, group=group), release_of(portal)
    shown = ShownGoals.read(fetch(portal, f"{path}?programme={programme}").text)
    wide, long, *without, explained = sheets_of_programme(portal, f"{path}.xlsx?programme={programme}")
    by_title = {row[f"title_{lang}"]: row for row in release.registry.indicators.values()}
    region, code, lagging, *goals = wide[0]
    # "Goal: indicator (unit)".
    decimals = [next(row["decimals"] for title, row in by_title.items() if f": {title} (" in goal) for goal in goals]

    def written(row: dict[str, Any]) -> list[str]:
        values = [row[goal] for goal in goals]
        assert {type(value) for value in values} <= {int, float, type(None)}
        return [format_number(v, d, lang) or EMPTY for v, d in zip(values, decimals, strict=True)]

    *regions, country = wide
    assert [(row[region], written(row)) for row in regions] == [
        (name, [text for text, _ in cells]) for name, cells in shown.lines
    ]
    assert written(country) == shown.country
    behind = [sum(judgement == "behind" for _, judgement in cells) for _, cells in shown.lines]
    assert [row[lagging] for row in regions] == behind

    figure, beside, period = {
        "nl": ("Cijfer", "Naast Nederland", "Periode"),
        "en": ("Figure", "Beside the Netherlands", "Period"),
    }[lang]
    in_words = {
        each: release.text("programme", each, lang) for each in ("behind", "ahead", "equal", "unsure", "unknown")
    }
    told = [
        (row[code], format_number(row[figure], by_title[row["Indicator"]]["decimals"], lang), row[beside])
        for row in long
    ]
    codes = {row[region]: row[code] for row in regions}
    wanted = [(codes[name], text, in_words[each]) for name, cells in shown.lines for text, each in cells if each]
    assert sorted(told) == sorted(wanted) and all(row[period] for row in long)
    measured = {row["Indicator"] for sheet in (long, *without) for row in sheet if row["Indicator"]}
    assert {row["Indicator"] for row in explained} == measured


def test_the_workbook_has_the_order_of_the_page(portal: Datasette) -> None:
    path = page_url("programme", "nl", group="g40")
    links = re.findall(rf'href="{path}\?(programme=\w+&amp;sort=\w+)"', fetch(portal, path).text)
    asked = links[2].replace("&amp;", "&")
    page = fetch(portal, f"{path}?{asked}").text
    assert f'href="{path}.xlsx?{links[2]}"' in page
    rows = sheets_of_programme(portal, f"{path}.xlsx?{asked}")[0]
    assert [row["Regio"] for row in rows[:-1]] == [name for name, _ in ShownGoals.read(page).lines]
