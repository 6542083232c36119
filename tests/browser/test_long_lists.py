"""A long list is short on a phone, whole by its link, on wider screens and on paper; and no page or column is cut."""

import re
from collections.abc import Iterator

import pytest
import requests
from playwright.sync_api import Browser, Page, expect
from support_browser import NEEDS_CHROMIUM
from support_page_kinds import address_of, kinds

from portal.docs_pages import docs_paths
from portal.pages import page_url, routes

MAPS = [
    "/kaart/establishments_per_1000_inhabitants_rate",
    "/en/map/establishments_per_1000_inhabitants_rate?level=corop",
    # Figures of several statuses, some added up and some estimated.
    "/kaart/population_count?periode=2016JJ00",
    "/en/map/unemployment_share_pct?order=name&region=zwolle",
    "/kaart/establishments_per_1000_inhabitants_rate?zoom=PV23&regio=zwolle",
]
PHONE, DESKTOP, NARROW = {"width": 390, "height": 844}, {"width": 1280, "height": 900}, {"width": 320, "height": 640}
# In pixels: of a map, and of any page.
MOST_OF_A_MAP, MOST = 4000, 5000
# Why a kind of page may be longer.
LONGER = {
    "api": "a reference of every endpoint, which is read by its contents",
    "doc": "a text, which is read by its contents",
    "labour_market": "three lists, and the method without which they are misread; it has a limit of its own",
}
MOST_OF_A_LABOUR_MARKET = 5500
# Kinds of page of which another address than that of `support_page_kinds` is the longest.
EVERY_ONE_OF = ("indicator", "labour_market", "cooperation")
# The kinds of page with such lists, which a reader sees the first lines of.
WITH_LISTS = (
    *("map", "indicator", "indicators", "programme", "cooperation", "border"),
    *("sources", "data", "labour_market", "labour_markets"),
)
HEIGHT = "document.documentElement.scrollHeight"
SHOWN = "lines => lines.filter(line => line.getClientRects().length > 0).length"
CUT = "boxes => boxes.filter(b => b.scrollWidth > b.clientWidth + 1).map(b => [b.scrollWidth, b.clientWidth])"
# Of tables: how many columns, how wide, and how wide their box is.
WIDTHS = "tables => tables.map(t => [t.rows[0].cells.length, t.scrollWidth, t.parentElement.clientWidth])"
# The words of headings that go on on a next line. Those that a browser may hyphenate are not meant.
BROKEN = """heads => heads.filter(head => getComputedStyle(head).hyphens != 'auto').flatMap(head => {
    const texts = document.createTreeWalker(head, NodeFilter.SHOW_TEXT), found = [];
    for (let text; (text = texts.nextNode()); )
        for (const word of text.data.matchAll(/[\\p{L}\\p{N}]+/gu)) {
            if (text.parentElement.closest('.visually-hidden')) continue;
            const range = document.createRange();
            range.setStart(text, word.index);
            range.setEnd(text, word.index + word[0].length);
            if (new Set([...range.getClientRects()].map(line => Math.round(line.top))).size > 1) found.push(word[0]);
        }
    return found;
})"""
pytestmark = NEEDS_CHROMIUM


@pytest.fixture
def phone(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport=PHONE, java_script_enabled=True)
    yield context.new_page()
    context.close()


def every_page(*, of: tuple[str, ...] | None = None) -> list[str]:
    """An address of every kind of page in both languages, or of those that are given."""
    return [address_of(kind, lang) for kind in of or kinds(embedded=False) for lang in ("nl", "en")]


def linked(address: str, page: str, kind: str) -> list[str]:
    """The addresses of a kind of page that a page leads to."""
    pattern = re.compile(routes(kind, None)[0][0])
    links = re.findall(r'href="([^"?#]+)', requests.get(address + page, timeout=60).text)
    return list(dict.fromkeys(link for link in links if pattern.match(link)))


@pytest.mark.parametrize("kind", kinds(embedded=False))
def test_a_page_is_a_few_screens_on_a_phone(phone: Page, address: str, kind: str) -> None:
    found = {}
    for path in every_page(of=(kind,)):
        phone.goto(address + path)
        found[path] = phone.evaluate(HEIGHT)
    if kind in LONGER:
        assert max(found.values()) > MOST, f"{kind} needs no reason any more"
    else:
        assert {path: height for path, height in found.items() if height > MOST} == {}


def test_tables_of_the_documents_of_three_columns_or_fewer_fit_a_phone(phone: Page, address: str) -> None:
    seen, wide = 0, {}
    for paths in docs_paths():
        for path in paths.values():
            phone.goto(address + path)
            sizes = phone.locator(".doc table").evaluate_all(WIDTHS)
            seen += len(sizes)
            wide |= {(path, i): each for i, each in enumerate(sizes) if each[0] <= 3 and each[1] > each[2] + 1}
    assert seen > 30 and wide == {}


@pytest.mark.parametrize("kind", EVERY_ONE_OF)
def test_so_is_every_page_of_the_kinds_that_differ_most_in_length(phone: Page, address: str, kind: str) -> None:
    index = page_url({"indicator": "indicators", "labour_market": "labour_markets"}.get(kind, "cooperations"), "nl")
    paths = linked(address, index, kind)
    assert len(paths) > 5
    most = MOST_OF_A_LABOUR_MARKET if kind == "labour_market" else MOST
    found = {}
    for path in paths:
        phone.goto(address + path)
        found[path] = phone.evaluate(f"[{HEIGHT}, document.documentElement.scrollWidth]")
    assert {path: size for path, size in found.items() if size[0] > most or size[1] > PHONE["width"]} == {}


@pytest.mark.parametrize("path", MAPS)
def test_a_map_is_a_few_screens_on_a_phone(phone: Page, address: str, path: str) -> None:
    phone.goto(address + path)
    assert phone.evaluate(HEIGHT) <= MOST_OF_A_MAP
    if "zwolle" in path:
        expect(phone.locator(".beside tr.mine")).to_be_visible()


@pytest.mark.parametrize("path", [*MAPS, *(address_of(kind, "nl") for kind in WITH_LISTS)])
def test_the_link_below_a_list_shows_all_of_it(phone: Page, address: str, path: str) -> None:
    phone.goto(address + path)
    lists, links = phone.locator(".long"), phone.locator(".unfold a")
    assert lists.count() > 0 or path in MAPS
    assert sorted(lists.evaluate_all("all => all.map(e => '#' + e.id)")) == sorted(
        links.evaluate_all("all => all.map(e => e.getAttribute('href'))")
    )
    for at in range(links.count()):
        link = links.nth(at)
        name = str(link.get_attribute("href"))
        lines = phone.locator(f"{name} > *")
        phone.evaluate("location.hash = ''")
        assert lines.evaluate_all(SHOWN) < lines.count()
        if link.is_visible():
            link.click()
        else:
            # It is within a line of another list that is not shown; its address brings both.
            phone.evaluate("name => location.hash = name", name)
        assert lines.evaluate_all(SHOWN) == lines.count()
        expect(link).to_be_hidden()


@pytest.mark.parametrize("kind", kinds(embedded=False))
def test_wide_screens_and_paper_have_all_of_every_list_and_nothing_is_cut(phone: Page, address: str, kind: str) -> None:
    for path in [*every_page(of=(kind,)), *(MAPS if kind == "map" else [])]:
        phone.goto(address + path)
        phone.set_viewport_size({"width": NARROW["width"], "height": NARROW["height"]})
        assert phone.evaluate("document.documentElement.scrollWidth") == NARROW["width"], path
        lines = phone.locator(".long > *")
        for media, window in (("screen", DESKTOP), ("print", PHONE)):
            phone.set_viewport_size({"width": window["width"], "height": window["height"]})
            phone.emulate_media(media="print" if media == "print" else "screen")
            assert lines.evaluate_all(SHOWN) == lines.count(), path
            assert phone.locator(".unfold").evaluate_all(SHOWN) == 0, path
            if window == DESKTOP:
                assert phone.locator("main .scroll").evaluate_all(CUT) == [], path
                assert phone.locator("main :is(thead th, h1, h2, h3)").evaluate_all(BROKEN) == [], path
        phone.emulate_media(media="screen")
        phone.set_viewport_size({"width": PHONE["width"], "height": PHONE["height"]})


@pytest.mark.parametrize("window", [NARROW, PHONE, DESKTOP], ids=lambda window: str(window["width"]))
def test_no_page_of_a_programme_scrolls_sideways(phone: Page, address: str, window: dict[str, int]) -> None:
    """All programmes over all groups; on a phone their table scrolls within its frame, on a desktop it fits."""
    phone.set_viewport_size({"width": window["width"], "height": window["height"]})
    groups = linked(address, page_url("programmes", "nl"), "programme")
    first = requests.get(address + groups[0], timeout=60).text
    programmes = re.findall(r'<option value="(\w+)"', first)
    assert len(groups) > 3 and len(programmes) > 1
    for path in (f"{group}?programme={programme}" for group in groups for programme in programmes):
        phone.goto(address + path)
        assert phone.evaluate("document.documentElement.scrollWidth") == window["width"], path
        if window == DESKTOP:
            assert phone.locator("main .scroll").evaluate_all(CUT) == [], path
