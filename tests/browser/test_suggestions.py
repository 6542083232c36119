"""A search field suggests what may be meant while a reader types; without its script it is the form that it was."""

import re
from collections.abc import Iterator

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Browser, Locator, Page, expect
from support_browser import NEEDS_CHROMIUM

# A page with each of the fields: of the home page, of every other page, and of one that does not exist.
FIELDS = {"/": "#q", "/gemeente/almere": "#site-q", "/en/municipality/almere/jobs": "#site-q", "/nergens": "main #q"}
pytestmark = NEEDS_CHROMIUM


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    yield context.new_page()
    context.close()


def type_in(page: Page, field: str, text: str) -> tuple[Locator, Locator]:
    """The field and its suggestions, once they are there."""
    found = page.locator(field)
    found.fill("")
    found.press_sequentially(text)
    options = page.locator(f"[id={found.get_attribute('aria-controls')}] [role=option]")
    expect(options.first).to_be_visible()
    return found, options


@pytest.mark.parametrize(("path", "field"), FIELDS.items())
def test_a_suggestion_is_chosen_by_keyboard(page: Page, address: str, path: str, field: str) -> None:
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda message: complaints.append(message.text) if "404" not in message.text else None)
    page.goto(address + path)
    found, options = type_in(page, field, "zwol")
    expect(found).to_have_role("combobox")
    expect(found).to_have_attribute("aria-expanded", "true")
    expect(options.first).to_contain_text("Zwolle")
    assert options.count() > 1 and found.get_attribute("aria-activedescendant") is None
    page.keyboard.press("ArrowDown")
    expect(found).to_have_attribute("aria-activedescendant", str(options.first.get_attribute("id")))
    expect(options.first).to_have_attribute("aria-selected", "true")
    # Up from the first is the field itself, and up from there the last.
    page.keyboard.press("ArrowUp")
    assert found.get_attribute("aria-activedescendant") is None
    page.keyboard.press("ArrowUp")
    expect(options.last).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Escape")
    expect(options).to_have_count(0)
    expect(found).to_have_attribute("aria-expanded", "false")
    expect(found).to_have_value("zwol")
    expect(found).to_be_focused()
    found.press("l")
    expect(options.first).to_be_visible()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{address}{'/en/municipality' if path.startswith('/en') else '/gemeente'}/zwolle")
    assert complaints == []


def test_a_suggestion_is_chosen_by_mouse_and_leads_to_a_figure(page: Page, address: str) -> None:
    page.goto(f"{address}/kaart")
    _, options = type_in(page, "#site-q", "werkloosheid zwolle")
    expect(options.first).to_contain_text("Werkloosheid: Zwolle")
    options.first.click()
    expect(page).to_have_url(f"{address}/gemeente/zwolle/werkloosheid")


def test_enter_without_a_choice_sends_the_form(page: Page, address: str) -> None:
    page.goto(address)
    type_in(page, "#q", "gron")
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{address}/?q=gron")


def test_the_suggestions_of_an_earlier_release_stay_in_it(page: Page, address: str) -> None:
    page.goto(f"{address}/en/municipality/almere/jobs")
    release = re.search(r"/release/([^/]+)/", page.locator(".copy").first.inner_text().replace("\n", ""))
    assert release
    page.goto(f"{address}/release/{release[1]}/gemeente/almere")
    type_in(page, "#site-q", "zwolle")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{address}/release/{release[1]}/gemeente/zwolle")


@pytest.mark.parametrize("width", [320, 1280])
@pytest.mark.parametrize("path", ["/", "/gemeente/almere"])
def test_the_list_fits_and_breaks_no_rule_of_wcag(browser: Browser, address: str, path: str, width: int) -> None:
    context = browser.new_context(viewport={"width": width, "height": 800}, bypass_csp=True)
    page = context.new_page()
    page.goto(address + path)
    type_in(page, FIELDS[path], "gro")
    page.keyboard.press("ArrowDown")
    assert page.evaluate("document.documentElement.scrollWidth") == width
    box = page.locator("[role=listbox]").bounding_box()
    assert box and box["x"] >= 0 and box["x"] + box["width"] <= width
    boxes = [option.bounding_box() for option in page.locator("[role=option]").all()]
    assert all(option and option["width"] > 0.95 * box["width"] for option in boxes), "each is a line of its own"
    page.evaluate(AXE_SCRIPT)
    found = page.evaluate(
        "axe.run(document, {resultTypes: ['violations'], runOnly: ['wcag2a', 'wcag2aa', 'wcag22aa']})"
    )
    assert found["violations"] == []
    context.close()


@pytest.mark.parametrize(("path", "field"), FIELDS.items())
def test_without_the_script_the_field_is_a_form(browser: Browser, address: str, path: str, field: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(address + path)
    page.locator(field).fill("gron")
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{address}{'/en' if path.startswith('/en') else '/'}?q=gron")
    expect(page.locator("#found a").first).to_be_visible()
    context.close()
