"""Pages by the rules of WCAG that a machine can judge (2.0 to 2.2, A and AA), and by keyboard alone."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Literal

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Browser, Page
from support_browser import NEEDS_CHROMIUM

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
OWN_PAGES = [
    "/",
    "/en",
    "/?q=gron",
    "/en?q=nergenshuizen",
    "/gemeente/zwolle",
    "/en/municipality/zwolle",
    "/regio/g40/g40",
    "/gemeente/zwolle/thema/menselijk-kapitaal",
    "/en/region/province/overijssel/theme/small-and-medium-sized-businesses",
    "/gemeente/zwolle/nulmeting?group=g40",
    "/en/municipality/zwolle/similar",
    "/gemeente/zwolle/kort",
    "/en/region/corop/groot-rijnmond/brief",
    "/vergelijk?region=GM0193&region=GM0363&indicator=jobs_count",
    "/vergelijk?region=GM0193&group=g40&sort=name",
    "/en/compare?region=PV23&group=province&theme=inner_city",
    "/en/own-region?municipality=GM0193&municipality=GM0363",
    "/gemeente/zwolle/vestigingen-per-1000-inwoners",
    "/en/region/province/overijssel/social-assistance-per-1000-inhabitants-aged-15-to-64",
    "/embed/gemeente/zwolle/leegstand-van-winkels",
    "/kaart/establishments_count",
    "/en/map/establishments_count",
    "/kaart/jobs_growth_1y_pct?niveau=corop&regio=zwolle",
    "/en/map/crimes_per_1000_rate?zoom=PV23&period=2016JJ00&region=zwolle",
    "/en/indicator/jobs_count",
    "/indicator/establishments_count?region=zwolle",
    "/indicatoren",
    "/bronnen",
    "/en/changes",
    "/en/data",
    "/arbeidsmarkt",
    "/samenwerking",
    "/samenwerking/regio-zwolle",
    "/en/cooperation/u10",
    "/grens/eurometropool",
    "/en/programme",
    "/programma/g40",
    "/en/programme/province?programme=vng_taskforce",
    "/en?q=unemployment+zwolle",
    "/nergens/zwole",
    "/en/labour-market/groot-amsterdam",
    "/v1",
    "/docs",
    "/docs/methods",
    "/docs/adding",
    "/en/docs/publishing-and-serving",
]
STOCK_PAGES = [
    "/regiokompas",
    "/regiokompas/observations",
    "/regiokompas/observations?_facet=value_status&region_code=GM0193&_sort_desc=year",
    "/regiokompas/regions?_search=zwolle",
    "/regiokompas/regions/GM0193",
    "/regiokompas/next_to_peers",
    "/regiokompas?sql=select+*+from+regions+limit+3",
    "/regiokompas?sql=select+nothing",
    "/regiokompas/nothing_here",
    "/regiokompas/regions.copyable?_size=5",
    "/-/search",
    "/-/search?q=zwolle",
]
ColourScheme = Literal["light", "dark"]
pytestmark = NEEDS_CHROMIUM


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    # axe is put into the page as a script, which the policy of our own pages forbids: that is what it is for.
    context = browser.new_context(viewport={"width": 1280, "height": 900}, bypass_csp=True)
    yield context.new_page()
    context.close()


def violations(page: Page) -> list[str]:
    page.evaluate(AXE_SCRIPT)
    found = page.evaluate(
        "tags => axe.run(document, {runOnly: {type: 'tag', values: tags}, resultTypes: ['violations']})", RULES
    )
    return [
        f"{rule['id']}: {node['html'][:200]} {node['failureSummary']}"
        for rule in found["violations"]
        for node in rule["nodes"]
    ]


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (320, "light"), (1280, "dark")])
@pytest.mark.parametrize("path", [*OWN_PAGES, *STOCK_PAGES])
def test_pages_break_no_rule_of_wcag(page: Page, address: str, path: str, width: int, scheme: ColourScheme) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme=scheme)
    page.goto(address + path)
    page.wait_for_load_state("networkidle")
    assert violations(page) == []


def test_a_page_that_breaks_rules_is_found_out(page: Page) -> None:
    page.set_content('<html><body><input name="q"><p style="color:#bbb">Bleek</p><img src="data:,"></body></html>')
    assert {line.split(":")[0] for line in violations(page)} >= {
        "html-has-lang",
        "label",
        "color-contrast",
        "image-alt",
        "document-title",
    }


@pytest.mark.parametrize("path", OWN_PAGES)
def test_own_pages_have_one_main_heading_and_skip_no_level(page: Page, address: str, path: str) -> None:
    page.goto(address + path)
    levels = page.evaluate("[...document.querySelectorAll('h1,h2,h3,h4,h5,h6')].map(h => Number(h.tagName[1]))")
    assert levels.count(1) == 1 and levels[0] == 1
    assert all(after - before <= 1 for before, after in pairwise(levels)), levels


@pytest.mark.parametrize("path", ["/", "/en"])
def test_the_keyboard_walks_the_home_page_in_order_and_leaves_it(page: Page, address: str, path: str) -> None:
    page.goto(address + path)
    # A map is left out: its own page has a table with the same links.
    wanted = page.evaluate(
        """[...document.querySelectorAll('a[href], button, input, [tabindex="0"]')]
        .filter(e => e.getAttribute('tabindex') !== '-1' && e.getClientRects().length).length"""
    )
    seen: list[float] = []
    for _ in range(wanted + 5):
        page.keyboard.press("Tab")
        place = page.evaluate(
            """() => { const e = document.activeElement;
            if (e === document.body) return null;
            const s = getComputedStyle(e);
            return [s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) > 0,
                [...document.querySelectorAll('*')].indexOf(e), e.outerHTML.slice(0, 120)]; }"""
        )
        if place is None:
            break
        visible, position, html = place
        assert visible, f"the focus cannot be seen on {html}"
        assert not seen or position > seen[-1], f"the focus jumps back at {html}"
        seen.append(position)
    assert place is None, "the keyboard is caught on the page"
    assert len(seen) >= wanted, f"{len(seen)} of {wanted} can be reached"


def test_the_search_page_finds_rows_in_several_tables(page: Page, address: str) -> None:
    page.goto(f"{address}/-/search?q=zwolle")
    found = page.locator("#search-all-results table")
    found.first.wait_for()
    assert "Zwolle" in found.first.inner_text()
    assert "geometry" not in page.locator("#search-all-results").inner_text()
