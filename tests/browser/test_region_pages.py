"""The pages of a region on a phone, and the one that is printed: none is longer than a reader scrolls, or a sheet."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect
from support_browser import NEEDS_CHROMIUM

from portal.pages import MUNICIPALITY, page_url, profile_page, profile_tab
from portal.profile import BASELINE, BRIEF, SIMILAR, THEME

MOST_PIXELS = 4000
THEMES = {
    "nl": ("midden-en-kleinbedrijf", "menselijk-kapitaal", "vitale-binnensteden", "regionale-economie"),
    "en": ("small-and-medium-sized-businesses", "human-capital", "vital-inner-cities", "regional-economy"),
}
# A region of each kind with the most figures, its neighbours and members.
REGIONS = {
    "municipality": "amsterdam",
    "corop": "groot-rijnmond",
    "labour_market_region": "groningen",
    "province": "overijssel",
    "g40": "g40",
    "country": "nederland",
}
SHEETS = [
    "/gemeente/zwolle/kort",
    "/en/municipality/s-gravenhage/brief",
    "/gemeente/schiermonnikoog/kort",
    "/regio/provincie/zuid-holland/kort",
    "/en/region/corop/groot-rijnmond/brief",
    "/regio/arbeidsmarktregio/zuid-kennemerland-en-ijmond/kort",
    "/regio/samenwerking/twente/kort",
    "/en/region/country/nederland/brief",
]
pytestmark = NEEDS_CHROMIUM


def pages_of(scheme: str, lang: str) -> list[str]:
    """The profile, its tabs, the page to print and the baseline."""
    region = {"scheme": scheme, "region": REGIONS[scheme]}
    found = [page_url(profile_page(scheme), lang, **region)]
    found += [page_url(profile_tab(kind, scheme), lang, **region) for kind in (BRIEF, BASELINE)]
    found += [page_url(profile_tab(THEME, scheme), lang, theme=theme, **region) for theme in THEMES[lang]]
    return [*found, page_url(profile_tab(SIMILAR, scheme), lang, **region)] if scheme == MUNICIPALITY else found


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 390, "height": 800}, java_script_enabled=True)
    yield context.new_page()
    context.close()


@pytest.mark.parametrize("lang", ["nl", "en"])
@pytest.mark.parametrize("scheme", REGIONS)
def test_no_page_of_a_region_is_too_long_for_a_phone_or_wider_than_it(
    page: Page, address: str, scheme: str, lang: str
) -> None:
    found = {}
    for path in pages_of(scheme, lang):
        answer = page.goto(address + path)
        assert answer is not None and answer.status == 200, path
        high, wide = page.evaluate("[document.documentElement.scrollHeight, document.documentElement.scrollWidth]")
        assert wide == 390, path
        found[path] = high
    assert {path: high for path, high in found.items() if high > MOST_PIXELS} == {}


def test_the_rest_of_a_building_block_is_unfolded_and_all_of_it_is_on_paper(page: Page, address: str) -> None:
    page.goto(f"{address}/gemeente/zwolle/nulmeting")
    block = page.locator("section.block").nth(3)
    first, rest = block.locator("> .scroll tbody tr"), block.locator(".rest tbody tr")
    assert first.count() == 3 and rest.count() > 10
    expect(rest.first).to_be_hidden()
    summary = block.locator(".rest summary")
    expect(summary).to_have_text(f"Nog {rest.count()} cijfers van deze bouwsteen")
    summary.press("Enter")
    expect(rest.first).to_be_visible()
    summary.press("Enter")
    page.emulate_media(media="print")
    assert rest.last.evaluate("row => row.checkVisibility({contentVisibilityAuto: true})")


@pytest.mark.parametrize("path", SHEETS)
def test_the_page_to_print_is_one_sheet_with_its_source_and_release(page: Page, address: str, path: str) -> None:
    page.goto(address + path)
    sheet = page.pdf(prefer_css_page_size=True)
    assert len(re.findall(rb"/Type\s*/Page[^s]", sheet)) == 1
    page.emulate_media(media="print")
    assert page.locator("table.spines tbody tr").count() == 16
    expect(page.locator(".from")).to_contain_text("Regiokompas, release")
    expect(page.locator(".notice")).to_be_visible()
    expect(page.locator(".site-header")).to_be_hidden()


def test_on_paper_nothing_is_folded(page: Page, address: str) -> None:
    page.goto(f"{address}/gemeente/zwolle/thema/menselijk-kapitaal")
    row = page.locator("#counts tbody tr:not(.group)").first
    assert not row.evaluate("row => row.checkVisibility({contentVisibilityAuto: true})")
    page.emulate_media(media="print")
    assert row.evaluate("row => row.checkVisibility({contentVisibilityAuto: true})")


def test_a_reader_goes_from_the_screen_to_a_theme_a_group_and_a_figure(browser: Browser, address: str) -> None:
    """On a phone, without JavaScript."""
    context = browser.new_context(viewport={"width": 390, "height": 800}, java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{address}/gemeente/zwolle")
    expect(page.locator(".tile")).to_have_count(8)
    page.get_by_role("link", name="Vitale binnensteden").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Zwolle Vitale binnensteden")
    page.get_by_label("Vergelijk met").select_option("g40")
    page.get_by_role("button", name="Toon").click()
    assert page.url == f"{address}/gemeente/zwolle/thema/vitale-binnensteden?group=g40"
    row = page.locator("tr", has=page.get_by_role("link", name="Leegstand van winkels", exact=True)).first
    expect(row).to_contain_text("mediaan")
    counts = page.locator("#counts")
    expect(counts.get_by_role("table")).to_be_hidden()
    counts.locator("summary").click()
    expect(counts.get_by_role("table")).to_be_visible()
    row.get_by_role("link", name="Leegstand van winkels", exact=True).click()
    assert page.url == f"{address}/gemeente/zwolle/leegstand-van-winkels"
    context.close()
