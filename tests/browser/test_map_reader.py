"""A map names the region under the mouse, with its figure; a finger reads first, and a second tap follows the link."""

import pytest
from playwright.sync_api import Browser, Page, expect
from support_browser import NEEDS_CHROMIUM

MAPS = [
    "/kaart/establishments_per_1000_inhabitants_rate",
    "/en/map/establishments_per_1000_inhabitants_rate?level=corop",
    "/kaart/establishments_per_1000_inhabitants_rate?vorm=tegels",
]
# A point inside each of some shapes, as the browser itself finds it, with what the shape is called and where it leads.
PLACES = """
() => [...document.querySelectorAll("figure.map svg a")].filter((_, i) => i % 9 === 0).flatMap(region => {
    const path = region.querySelector("path"), box = path.getBoundingClientRect();
    for (const [u, v] of [[.5, .5], [.3, .5], [.7, .5], [.5, .3], [.5, .7]]) {
        const x = box.x + u * box.width, y = box.y + v * box.height;
        if (document.elementFromPoint(x, y) === path)
            return [{ x, y, name: region.querySelector("title").textContent, url: region.getAttribute("href") }];
    }
    return [];
})
"""
pytestmark = NEEDS_CHROMIUM


def places_of(page: Page, url: str) -> list[dict[str, str]]:
    page.goto(url)
    page.locator("figure.map svg").first.scroll_into_view_if_needed()
    places: list[dict[str, str]] = page.evaluate(PLACES)
    assert len(places) > 3
    return places


@pytest.mark.parametrize("path", MAPS)
def test_the_region_under_the_mouse_is_named_with_its_figure(browser: Browser, address: str, path: str) -> None:
    page = browser.new_context(viewport={"width": 1280, "height": 1000}).new_page()
    places, box = places_of(page, address + path), page.locator("figure.map output")
    expect(box).to_be_hidden()
    around = page.locator("figure.map svg").first.bounding_box()
    assert around is not None
    for place in places:
        page.mouse.move(float(place["x"]), float(place["y"]))
        expect(box).to_have_text(place["name"])
        shown = box.bounding_box()
        assert shown is not None and around["x"] - 1 <= shown["x"]
        assert shown["x"] + shown["width"] <= around["x"] + around["width"] + 1
    page.mouse.move(around["x"] - 20, around["y"] - 20)
    expect(box).to_be_hidden()
    page.mouse.click(float(places[0]["x"]), float(places[0]["y"]))
    expect(page).to_have_url(f"{address}{places[0]['url']}")
    page.context.close()


@pytest.mark.parametrize("path", MAPS)
def test_a_first_tap_reads_and_a_second_follows_the_link(browser: Browser, address: str, path: str) -> None:
    phone = browser.new_context(viewport={"width": 375, "height": 800}, has_touch=True, is_mobile=True)
    page = phone.new_page()
    places, box = places_of(page, address + path), page.locator("figure.map output")
    again = "Tap again" if path.startswith("/en/") else "Tik nog eens"
    for place in places[:4]:
        page.touchscreen.tap(float(place["x"]), float(place["y"]))
        expect(box).to_contain_text(place["name"])
        expect(box).to_contain_text(again)
    assert page.url == address + path
    page.touchscreen.tap(float(places[3]["x"]), float(places[3]["y"]))
    expect(page).to_have_url(f"{address}{places[3]['url']}")
    phone.close()
