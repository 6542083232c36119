"""In a real browser, with the fonts of the machine, no text of a chart is cut off or written over another."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page
from support_browser import NEEDS_CHROMIUM

PAGES = [
    "/gemeente/zwolle/vestigingen-per-1000-inwoners",
    "/gemeente/sudwest-fryslan/bijstand-per-1000-inwoners-van-15-tot-65-jaar?group=all",
    "/en/region/country/nederland/inhabitants",
    "/gemeente/zwolle",
    "/gemeente/zwolle/kort",
    "/en/region/province/overijssel/brief",
    "/embed/gemeente/zwolle/banen",
    "/samenwerking/metropoolregio-amsterdam",
    "/en/border/eurometropool",
    "/vergelijk?region=NL01&region=GM0193&region=PT06&indicator=population_count",
]
# The boxes of all texts of the charts that are shown: what leaves its drawing, and which end labels overlap.
MEASURE = """
() => [...document.querySelectorAll("svg.chart")].filter(svg => svg.getBoundingClientRect().width).flatMap(svg => {
    const frame = svg.viewBox.baseVal, texts = [...svg.querySelectorAll("text")];
    const boxes = texts.map(text => text.getBBox());
    const cut = texts.filter((_, i) => boxes[i].x < frame.x - 1 || boxes[i].x + boxes[i].width > frame.width + 1
        || boxes[i].y < frame.y - 3 || boxes[i].y + boxes[i].height > frame.height + 3);
    const ends = boxes.filter((_, i) => texts[i].classList.contains("end-label")).map(b => b.y).sort((a, b) => a - b);
    const over = ends.filter((y, i) => i && y - ends[i - 1] < 12);
    return [...cut.map(text => text.textContent), ...over.map(y => `end labels overlap at ${y}`)];
})
"""
pytestmark = NEEDS_CHROMIUM


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    yield context.new_page()
    context.close()


@pytest.mark.parametrize("width", [1280, 375])
@pytest.mark.parametrize("path", PAGES)
def test_no_text_of_a_chart_is_cut_or_written_over(page: Page, address: str, path: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(address + path)
    assert page.locator("svg.chart").count() > 0
    assert page.evaluate(MEASURE) == []
