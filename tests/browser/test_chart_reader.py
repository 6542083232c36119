"""A chart is read period by period: with the mouse, a finger and the keyboard, what it shows is what the table says."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect
from support_browser import NEEDS_CHROMIUM
from support_page_kinds import OTHER_CHARTS, READ_CHARTS, address_of, kinds

FIGURES = [
    "/gemeente/zwolle/leegstand-van-winkels?group=all",
    "/en/region/country/nederland/inhabitants",
    "/en/municipality/sudwest-fryslan/unemployment",
]
CHARTS = [*FIGURES, *(address_of(kind, lang) + asked for kind, asked in READ_CHARTS.items() for lang in ("nl", "en"))]
IN_ONE_LANGUAGE = [*FIGURES, *(address_of(kind, "nl") + asked for kind, asked in READ_CHARTS.items())]
SIZES = {"wide": (1280, 900), "narrow": (375, 800)}
READ = "svg.chart:has(+ script.reading)"
# Of each chart that is shown: what it says of every period when it is read with the keyboard, what it is a chart of,
# and the tables nearest to it, as rows of cells.
EVERY_PERIOD = """
(read) => [...document.querySelectorAll(read)].filter(chart => chart.getClientRects().length).map(chart => {
    const box = chart.nextElementSibling.nextElementSibling;
    const parts = element => element.nodeType === 3 ? [element.data] : [...element.childNodes].flatMap(parts);
    const text = element => parts(element).join(" ").replace(/\\s+/g, " ").trim();
    const press = key => chart.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
    const said = [];
    press("Home");
    for (let last = ""; text(box.querySelector(".period")) !== last; press("ArrowRight")) {
        last = text(box.querySelector(".period"));
        said.push([last, [...box.querySelectorAll(".row")].map(row => [
            row.querySelector(".name") ? text(row.querySelector(".name")) : "", text(row.querySelector("strong")),
        ])]);
    }
    press("Escape");
    let around = chart;
    while (!around.querySelector("table")) around = around.parentElement;
    const rows = table => [...table.rows].map(row => [...row.cells].map(text));
    const tables = [...around.querySelectorAll("table")].map(rows);
    return { said, tables, about: text(chart.closest("article")?.querySelector("h3 a") ?? chart), isLeft: box.hidden };
})
"""
pytestmark = NEEDS_CHROMIUM


@pytest.fixture(params=SIZES)
def page(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    width, height = SIZES[request.param]
    context = browser.new_context(viewport={"width": width, "height": height}, has_touch=request.param == "narrow")
    context.set_default_timeout(5000)
    yield context.new_page()
    context.close()


def in_a_table(tables: list[list[list[str]]], period: str, name: str, about: str, value: str) -> bool:
    """Whether a table has a figure where a period and a name meet; without a name it is that of what a chart is of."""
    for head, *rows in tables:
        down = [row for row in rows if row[0] == period]
        if down and any(value in cell.split(" ") or value == cell for cell in _of(head, down[0], name)):
            return True
        if period in head and any(value in row[head.index(period)].split(" ") for row in rows if about in row[0]):
            return True
    return False


def _of(head: list[str], row: list[str], name: str) -> list[str]:
    return [cell for title, cell in zip(head[1:], row[1:], strict=True) if name in title]


@pytest.mark.parametrize("path", CHARTS)
def test_the_arrow_keys_read_every_period_as_the_table_has_it(page: Page, address: str, path: str) -> None:
    page.goto(address + path)
    charts: list[dict[str, Any]] = page.evaluate(EVERY_PERIOD, READ)
    assert charts
    for chart in charts:
        assert chart["said"] and chart["isLeft"]
        for period, figures in chart["said"]:
            assert figures
            for name, value in figures:
                found = in_a_table(chart["tables"], period, name, chart["about"], value)
                assert found, f"{chart['about']}, {name} {period}: {value}"


@pytest.mark.parametrize("path", IN_ONE_LANGUAGE)
def test_a_group_of_charts_is_one_stop_of_the_tab_key(page: Page, address: str, path: str) -> None:
    page.goto(address + path)
    shown = page.locator(f"{READ}:visible")
    stops = page.locator(f'{READ}[tabindex="0"]:visible')
    first = stops.first
    first.focus()
    first.press("Home")
    box = _box_of(first)
    expect(box).to_be_visible()
    groups = page.locator(f".multiples:has({READ}):visible")
    assert stops.count() == (groups.count() or shown.count())
    charts = groups.first.locator(f"{READ}:visible")
    if groups.count() and charts.count() > 1:
        page.keyboard.press("ArrowDown")
        second = charts.nth(1)
        expect(second).to_be_focused()
        expect(box).to_be_hidden()
        page.keyboard.press("End")
        expect(_box_of(second)).to_be_visible()
        for _ in range(charts.count()):
            page.keyboard.press("ArrowDown")
        expect(charts.last).to_be_focused()
        for _ in range(charts.count()):
            page.keyboard.press("ArrowUp")
        expect(first).to_be_focused()
    page.keyboard.press("Home")
    expect(box).to_be_visible()
    page.keyboard.press("Escape")
    expect(box).to_be_hidden()


def _box_of(chart: Locator) -> Locator:
    return chart.locator("xpath=following-sibling::output[1]")


@pytest.mark.parametrize("path", IN_ONE_LANGUAGE)
def test_the_period_under_the_pointer_is_read_within_the_page(page: Page, address: str, path: str) -> None:
    page.goto(address + path)
    chart = page.locator(f"{READ}:visible").first
    chart.scroll_into_view_if_needed()
    box, around = _box_of(chart), chart.bounding_box()
    assert around is not None
    is_phone = (page.viewport_size or {})["width"] == SIZES["narrow"][0]
    # Of the line that is drawn last, which is read first.
    of_lines = chart.locator("g:has(> path.mark)")
    marks = (of_lines.last.locator("path.mark") if of_lines.count() else chart.locator("circle.dot")).all()
    assert marks
    for mark in marks:
        place = mark.bounding_box()
        assert place is not None
        x, y = place["x"] + place["width"] / 2, around["y"] + around["height"] / 2
        if x > (page.viewport_size or {})["width"]:
            # Of a chart that is wider than the screen, the rest is scrolled to.
            continue
        page.touchscreen.tap(x, y) if is_phone else page.mouse.move(x, y)
        said = (mark.locator("title").text_content() or "").rpartition(": ")
        expect(box.locator(".period")).to_have_text(said[0].rpartition(", ")[2])
        assert box.locator("strong").first.inner_text() == said[2]
        shown = box.bounding_box()
        assert shown is not None and shown["x"] >= around["x"] - 1
        assert shown["x"] + shown["width"] <= around["x"] + around["width"] + 1
        # Beside the line that it is about, where the chart has room for that, so that the marks on it stay in sight.
        is_roomy = 2 * (shown["width"] + 14) < around["width"]
        assert not (is_roomy and shown["x"] < x < shown["x"] + shown["width"])
    if not is_phone:
        page.mouse.move(around["x"], around["y"] - 30)
        expect(box).to_be_hidden()


@pytest.mark.parametrize("lang", ["nl", "en"])
@pytest.mark.parametrize("kind", kinds())
def test_every_line_chart_is_read_or_says_why_not(browser: Browser, address: str, kind: str, lang: str) -> None:
    page = browser.new_context(java_script_enabled=False).new_page()
    page.goto(address + address_of(kind, lang) + READ_CHARTS.get(kind, ""))
    lines = page.locator("svg.chart:has(path.line)").count()
    read, unread = (lines, 0) if kind in READ_CHARTS else (0, lines if kind in OTHER_CHARTS else 0)
    assert lines == read + unread
    assert page.locator(f"{READ}:has(path.line)").count() == read
    assert bool(lines) == (kind in (*READ_CHARTS, *OTHER_CHARTS))
    page.context.close()


def test_a_name_cannot_end_the_data_of_a_chart(page: Page, address: str) -> None:
    page.goto(address + FIGURES[0])
    data = page.locator("script.reading").first.text_content() or ""
    assert data.startswith("{") and "<" not in data


def test_an_embedded_chart_has_no_script(page: Page, address: str) -> None:
    answer = page.goto(f"{address}/embed/gemeente/zwolle/vestigingen-per-1000-inwoners")
    assert answer is not None and "script-src" not in answer.headers["content-security-policy"]
    assert page.locator("script").count() == 0 and page.locator("svg.chart.large").count() == 2
