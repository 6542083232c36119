"""A long list is short on a phone, whole by its link, on wider screens and on paper; and none of its columns is cut."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect
from support_browser import NEEDS_CHROMIUM

MAPS = [
    "/kaart/establishments_per_1000_inhabitants_rate",
    "/en/map/establishments_per_1000_inhabitants_rate?level=corop",
    # Figures of several statuses, some added up and some estimated.
    "/kaart/population_count?periode=2016JJ00",
    "/en/map/unemployment_share_pct?order=name&region=zwolle",
    "/kaart/establishments_per_1000_inhabitants_rate?zoom=PV23&regio=zwolle",
]
# Every page with such lists.
LISTS = [*MAPS, "/arbeidsmarkt/flevoland", "/en/sources", "/gegevens"]
PHONE, DESKTOP = {"width": 390, "height": 844}, {"width": 1280, "height": 900}
MOST_PIXELS = 4000
SHOWN = "rows => rows.filter(row => row.getClientRects().length > 0).length"
pytestmark = NEEDS_CHROMIUM


@pytest.fixture
def phone(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport=PHONE, java_script_enabled=True)
    yield context.new_page()
    context.close()


@pytest.mark.parametrize("path", MAPS)
def test_a_map_is_a_few_screens_on_a_phone(phone: Page, address: str, path: str) -> None:
    phone.goto(address + path)
    height = phone.evaluate("document.documentElement.scrollHeight")
    assert height <= MOST_PIXELS
    if "zwolle" in path:
        expect(phone.locator(".beside tr.mine")).to_be_visible()


@pytest.mark.parametrize("path", LISTS)
def test_the_link_below_a_list_shows_all_of_it(phone: Page, address: str, path: str) -> None:
    phone.goto(address + path)
    links = phone.locator(".unfold a")
    lists = phone.locator(".long")
    assert links.count() == lists.count() and (links.count() > 0 or "zoom" in path or path in MAPS)
    for at in range(links.count()):
        rows, link = lists.nth(at).locator("tr"), links.nth(at)
        before = rows.evaluate_all(SHOWN)
        assert 0 < before < rows.count()
        expect(link).to_be_visible()
        link.click()
        assert rows.evaluate_all(SHOWN) == rows.count()
        expect(link).to_be_hidden()


@pytest.mark.parametrize("path", LISTS)
def test_wide_screens_and_paper_have_all_of_a_list(phone: Page, address: str, path: str) -> None:
    phone.goto(address + path)
    rows = phone.locator("table tbody tr")
    for media, window in (("screen", DESKTOP), ("print", PHONE)):
        phone.set_viewport_size({**window})
        phone.emulate_media(media="print" if media == "print" else "screen")
        assert rows.evaluate_all(SHOWN) == rows.count() > 0
        assert not phone.locator(".unfold").first.is_visible()


@pytest.mark.parametrize("path", LISTS)
def test_no_column_is_cut_on_a_desktop(phone: Page, address: str, path: str) -> None:
    phone.set_viewport_size({**DESKTOP})
    phone.goto(address + path)
    cut = "boxes => boxes.filter(b => b.scrollWidth > b.clientWidth + 1).map(b => [b.scrollWidth, b.clientWidth])"
    assert phone.locator("main .scroll").evaluate_all(cut) == []
