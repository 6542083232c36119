"""A chart is read period by period: with the mouse, a finger and the keyboard, what it shows is what the table says."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect
from support_browser import NEEDS_CHROMIUM

FIGURES = [
    "/gemeente/zwolle/vestigingen-per-1000-inwoners",
    "/gemeente/zwolle/leegstand-van-winkels?group=all",
    "/en/region/country/nederland/inhabitants",
    "/en/municipality/sudwest-fryslan/unemployment",
]
SIZES = {"wide": (1280, 900), "narrow": (375, 800)}
pytestmark = NEEDS_CHROMIUM


@pytest.fixture(params=SIZES)
def page(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    width, height = SIZES[request.param]
    context = browser.new_context(viewport={"width": width, "height": height}, has_touch=request.param == "narrow")
    yield context.new_page()
    context.close()


def open_chart(page: Page, address: str, path: str) -> tuple[Locator, Locator, dict[str, list[str]]]:
    """The chart that is shown, the box that it is read in, and what the table has of each period, oldest first."""
    page.goto(address + path)
    kind = next(kind for kind, (width, _) in SIZES.items() if width == (page.viewport_size or {})["width"])
    chart = page.locator(f"svg.chart.large.{kind}")
    rows = {}
    for row in reversed(page.locator("table.series tbody tr").all()):
        shown = [cell.inner_text().strip() for cell in row.locator("td.n").all()[:2]]
        if any(value[:1].isdigit() or value.startswith("-") for value in shown):
            rows[row.locator("th").inner_text().strip()] = shown
    return chart, chart.locator("xpath=following-sibling::output[1]"), rows


def figures_in(box: Locator) -> list[str]:
    return [each.inner_text() for each in box.locator("strong").all()]


@pytest.mark.parametrize("path", FIGURES)
def test_the_arrow_keys_read_every_period_as_the_table_has_it(page: Page, address: str, path: str) -> None:
    chart, box, rows = open_chart(page, address, path)
    expect(box).to_be_hidden()
    chart.focus()
    for number, (period, shown) in enumerate(rows.items()):
        page.keyboard.press("ArrowRight" if number else "Home")
        expect(box.locator(".period")).to_have_text(period)
        known = [value for value in shown if value[:1].isdigit() or value.startswith("-")]
        assert figures_in(box) == known
    page.keyboard.press("ArrowRight")
    expect(box.locator(".period")).to_have_text(list(rows)[-1])
    page.keyboard.press("Escape")
    expect(box).to_be_hidden()


@pytest.mark.parametrize("path", FIGURES)
def test_the_period_under_the_pointer_is_read_within_the_page(page: Page, address: str, path: str) -> None:
    chart, box, rows = open_chart(page, address, path)
    chart.scroll_into_view_if_needed()
    around = chart.bounding_box()
    assert around is not None
    is_phone = (page.viewport_size or {})["width"] == SIZES["narrow"][0]
    for mark in chart.locator("g.own-figure > path.mark").all():
        place = mark.bounding_box()
        assert place is not None
        x, y = place["x"] + place["width"] / 2, around["y"] + around["height"] / 2
        page.touchscreen.tap(x, y) if is_phone else page.mouse.move(x, y)
        period = (mark.locator("title").text_content() or "").rpartition(": ")[0].rpartition(", ")[2]
        expect(box.locator(".period")).to_have_text(period)
        own = rows[period][0]
        assert figures_in(box)[0] == own
        shown = box.bounding_box()
        assert shown is not None and shown["x"] >= around["x"] - 1
        assert shown["x"] + shown["width"] <= around["x"] + around["width"] + 1
        assert around["y"] <= shown["y"] and shown["y"] + shown["height"] <= around["y"] + around["height"]
        # Beside the line that it is about, where the chart has room for that, so that the marks on it stay in sight.
        is_roomy = 2 * (shown["width"] + 14) < around["width"]
        assert not (is_roomy and shown["x"] < x < shown["x"] + shown["width"])
    if not is_phone:
        page.mouse.move(around["x"], around["y"] - 30)
        expect(box).to_be_hidden()


def test_a_name_cannot_end_the_data_of_a_chart(page: Page, address: str) -> None:
    page.goto(address + FIGURES[0])
    data = page.locator("script.reading").first.text_content() or ""
    assert data.startswith("{") and "<" not in data


def test_an_embedded_chart_has_no_script(page: Page, address: str) -> None:
    answer = page.goto(f"{address}/embed/gemeente/zwolle/vestigingen-per-1000-inwoners")
    assert answer is not None and "script-src" not in answer.headers["content-security-policy"]
    assert page.locator("script").count() == 0 and page.locator("svg.chart.large").count() == 2
