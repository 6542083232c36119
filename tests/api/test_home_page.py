"""The home page: a map that leads to every municipality, doors to what is there, and the figures that changed."""

import re
from html import unescape
from pathlib import Path

import pytest
from datasette.app import Datasette
from support import query
from support_portal import fetch, open_portal, release_of
from support_releases import BEFORE, EARLIER, REVISED

from portal.formats import format_number
from portal.front_page import SHOWN
from portal.maps import FIRST_MAP
from portal.pages import page_url

HOMES = ("nl", "en")
# Where the map is, all else is short: no list of indicators or municipalities.
MOST_LINKS = 60


def parts_of_home(page: str) -> tuple[str, str]:
    """The map, and all else."""
    start, end = page.index("<svg viewBox"), page.index("</svg>", page.index("</desc>"))
    return page[start:end], page[:start] + page[end:]


@pytest.mark.parametrize("lang", HOMES)
def test_every_municipality_of_the_map_leads_to_its_figure_and_says_it(
    portal: Datasette, sample_release: Path, lang: str
) -> None:
    drawn, _ = parts_of_home(fetch(portal, page_url("home", lang)).text)
    found = {unescape(url): unescape(said) for url, said in re.findall(r'<a href="([^"]+)".*?<title>([^<]+)</', drawn)}
    release = release_of(portal)
    decimals = release.registry.indicators[FIRST_MAP]["decimals"]
    newest = query(
        sample_release,
        """
        select r.region_code, r.name, o.value from regions as r join observations_on_boundaries as o using (region_code)
        where r.scheme = 'municipality' and r.is_current and o.indicator_id = ? and o.value is not null and o.is_over
            and o.period_code = (
                select max(period_code) from observations_on_boundaries join regions using (region_code)
                where indicator_id = ? and is_over and value is not null and scheme = 'municipality'
            )
        """,
        *(FIRST_MAP, FIRST_MAP),
    )
    wanted = {
        release.figure_url(code, FIRST_MAP, lang): f"{name}: {format_number(value, decimals, lang)}"
        for code, name, value in newest
    }
    assert len(wanted) > 300 and {url: found.get(url) for url in wanted} == wanted
    assert len(found) == len([row for row in release.registry.regions.values() if is_municipality(row)])


def is_municipality(region: dict[str, object]) -> bool:
    return region["scheme"] == "municipality" and bool(region["is_current"])


@pytest.mark.parametrize("lang", HOMES)
def test_every_door_opens_and_nothing_is_a_long_list(portal: Datasette, lang: str) -> None:
    page = fetch(portal, page_url("home", lang)).text
    doors = re.findall(r'<li><a href="([^"]+)">', page[page.index('class="doors"') : page.index('id="news"')])
    assert len(doors) == 8
    for door in doors:
        assert f'id="{door[1:]}"' in page if door.startswith("#") else fetch(portal, door)
    drawn, rest = parts_of_home(page)
    assert rest.count("<a ") <= MOST_LINKS < drawn.count("<a ")
    near = re.findall(r'href="([^"]+)"', page[page.index('class="near"') : page.index('class="to-map"')])
    assert len(near) == 12
    for url in near:
        assert 'role="alert"' not in fetch(portal, unescape(url)).text


@pytest.mark.parametrize("lang", HOMES)
def test_without_changes_the_newest_figures_are_shown_and_it_is_said(portal: Datasette, lang: str) -> None:
    news = fetch(portal, page_url("home", lang)).text.split('id="news"')[1]
    assert {"nl": "De nieuwste cijfers", "en": "The newest figures"}[lang] in news
    figures = re.findall(r'<a href="([^"]+)">[^<]+</a>\s*<span class="where">.*?<strong>([^<]+)<', news, re.DOTALL)
    assert len(figures) == SHOWN
    for url, value in figures:
        assert value in re.findall(r'class="sentence[^>]*>(.*?)</p>', fetch(portal, url).text, re.DOTALL)[0]


@pytest.mark.parametrize("lang", HOMES)
def test_a_figure_that_changed_is_shown_with_what_it_was(revised_release: Path, lang: str) -> None:
    portal = open_portal(revised_release)
    news = unescape(fetch(portal, page_url("home", lang)).text.split('id="news"')[1])
    indicator, region, period = REVISED
    ((now,),) = query(
        revised_release,
        "select value from observations where indicator_id = ? and region_code = ? and period_code = ?",
        *(indicator, region, period),
    )
    assert EARLIER in news and f'href="{release_of(portal).figure_url(region, indicator, lang)}"' in news
    assert f"<strong>{format_number(now, 0, lang)}</strong>" in news
    assert f"was {format_number(BEFORE[0], 0, lang)} (" in news and news.count('class="where"') == 1


def test_who_asks_gets_the_answer_without_the_map(portal: Datasette) -> None:
    page = fetch(portal, "/?q=utrecht").text
    assert 'id="found"' in page and "<svg viewBox" not in page and 'id="news"' not in page
