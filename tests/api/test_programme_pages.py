"""The goals of every programme for every group: all its regions, each with the figure of the monitor, and who lags."""

import csv
import io
import re
from pathlib import Path

import pytest
from datasette.app import Datasette
from support import query
from support_portal import ask, fetch, release_of

from portal.formats import format_number
from portal.pages import page_url
from portal.programme import GROUPS, PROVINCES

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
    assert len(codes) > 3 and {line.rsplit("/", 1)[1] for line in lines} == codes
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
    assert 'href="/programma/g40"' in fetch(portal, "/gemeente/GM0193").text
    assert 'href="/programma/g40"' not in fetch(portal, "/gemeente/GM0363").text


@pytest.mark.parametrize("path", ["/programma/nergens", "/programma/corop", "/programma/nergens.csv"])
def test_an_unknown_group_is_told(portal: Datasette, path: str) -> None:
    assert ask(portal, path).status_code == 404
    assert fetch(portal, "/programma/g40?programme=nothing&sort=nothing").status_code == 200
