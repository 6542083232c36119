"""The portal in Debian's chromium: without JavaScript, on a phone, on paper, and with nothing asked outside."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page
from support_browser import NEEDS_CHROMIUM
from support_page_kinds import address_of, kinds

PAGES = [
    "/",
    "/en?q=gron",
    "/gemeente/zwolle",
    "/en/region/corop/groot-amsterdam",
    "/gemeente/littenseradiel",
    "/gemeente/zwolle/leegstand-van-winkels",
    "/vergelijk?region=GM0193&group=g40",
    "/en/embed/municipality/zwolle/jobs",
    "/indicator/establishments_count?region=zwolle",
    "/en/changes",
    "/gegevens",
    "/en/v1",
    "/regiokompas",
    "/regiokompas/observations",
    "/regiokompas/next_to_peers",
    "/regiokompas/regions/GM0193",
]
pytestmark = NEEDS_CHROMIUM


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    yield context.new_page()
    context.close()


@pytest.mark.parametrize("path", PAGES)
def test_pages_break_no_rule_of_the_browser_and_ask_nothing_outside(page: Page, address: str, path: str) -> None:
    complaints: list[str] = []
    outside: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda request: outside.append(request.url))
    page.goto(address + path)
    assert complaints == []
    assert [url for url in outside if not url.startswith((address, "data:"))] == []


@pytest.mark.parametrize("path", PAGES)
def test_pages_fit_a_narrow_phone(page: Page, address: str, path: str) -> None:
    page.set_viewport_size({"width": 320, "height": 800})
    page.goto(address + path)
    assert page.evaluate("document.documentElement.scrollWidth") <= 320


@pytest.mark.parametrize("lang", ["nl", "en"])
def test_no_kind_of_page_is_wider_than_the_screen(page: Page, address: str, lang: str) -> None:
    """A wide table scrolls within its frame; the page itself does not move sideways."""
    wider = {}
    for path in (address_of(kind, lang) for kind in kinds()):
        page.goto(address + path)
        for width in (320, 390, 1280):
            page.set_viewport_size({"width": width, "height": 800})
            wide = page.evaluate("document.documentElement.scrollWidth")
            wider |= {(path, width): wide} if wide > width else {}
    assert wider == {}


@pytest.mark.parametrize("path", PAGES)
def test_every_field_has_a_name(page: Page, address: str, path: str) -> None:
    page.goto(address + path)
    nameless = page.evaluate(
        """[...document.querySelectorAll("main input:not([type=hidden], [type=submit]), main select, main textarea")]
        .filter(f => f.name && !f.labels.length && !f.ariaLabel).map(f => f.outerHTML)"""
    )
    assert nameless == []


def test_a_municipality_is_found_without_javascript(browser: Browser, address: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(address)
    page.get_by_label("Zoek een gemeente, regio of onderwerp").fill("den haag")
    page.get_by_role("button", name="Zoek").click()
    page.get_by_role("heading", name="'s-Gravenhage").wait_for()
    page.get_by_role("link", name="English").click()
    page.get_by_role("heading", name="'s-Gravenhage").wait_for()
    page.get_by_role("link", name="Establishments per 1,000 inhabitants").first.click()
    page.get_by_role("heading", name="Establishments per 1,000 inhabitants").wait_for()
    assert "/en/municipality/s-gravenhage/" in page.url
    context.close()


@pytest.mark.parametrize("path", ["/", "/en"])
def test_home_is_a_screen_and_a_half(page: Page, address: str, path: str) -> None:
    page.set_viewport_size({"width": 1280, "height": 1024})
    page.goto(address + path)
    assert page.evaluate("document.documentElement.scrollHeight") <= 1.5 * 1024
    # The search, the map and its way on are on the first screen.
    for part in ("#q", ".live > svg", ".to-map a"):
        box = page.locator(part).bounding_box()
        assert box and box["y"] + box["height"] <= 1024, part


def test_the_map_of_the_home_page_can_be_used_by_mouse_and_by_finger(page: Page, address: str) -> None:
    page.goto(address)
    page.locator(".live a", has_text="Zwolle:").locator("path").click()
    assert page.url.endswith("/gemeente/zwolle/vestigingen-per-1000-inwoners")

    page.set_viewport_size({"width": 375, "height": 700})
    page.goto(address)
    drawn = page.locator(".live > svg").bounding_box()
    assert drawn and drawn["width"] > 300 and drawn["height"] <= 500
    for link in page.locator(".near a").all():
        box = link.bounding_box()
        assert box and box["height"] >= 16 and link.is_visible()
    page.get_by_role("link", name="Overijssel").click()
    # Near a province its municipalities are large enough to be pressed.
    near = page.locator(".map a", has_text="Zwolle:").locator("path").bounding_box()
    assert near and min(near["width"], near["height"]) >= 24
    page.locator(".map a", has_text="Zwolle:").locator("path").click()
    assert page.url.endswith("/gemeente/zwolle/vestigingen-per-1000-inwoners")


def test_the_keyboard_reaches_the_search_field(page: Page, address: str) -> None:
    page.goto(address)
    page.keyboard.press("Tab")
    assert page.locator(":focus").inner_text() == "Naar de inhoud"
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.locator(":focus").get_attribute("id") == "q"
    page.keyboard.type("GM0193")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Zwolle").wait_for()


def test_the_sample_notice_stays_on_screen_and_on_paper(page: Page, address: str) -> None:
    page.goto(f"{address}/gemeente/zwolle")
    notice = page.get_by_role("note")
    assert notice.is_visible()
    page.emulate_media(media="print")
    assert notice.is_visible()
    assert page.get_by_role("heading", name="Zwolle").is_visible()
    assert not page.get_by_role("navigation").is_visible()
