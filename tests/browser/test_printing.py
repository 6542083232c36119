"""Every kind of page on paper: each sheet says what it is of, and nothing is printed that is there to be clicked."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page
from support_browser import NEEDS_CHROMIUM
from support_page_kinds import address_of, kinds
from support_pdf import Sheet, print_page
from support_releases import with_other_words

from pipelines.commands.server_process import serving

NOTICE = {"nl": "Verzonnen voorbeeldcijfers, geen echte gegevens", "en": "Invented sample figures, not real data"}
# The most sheets of A4 that a kind of page takes; of the others it is three.
USUAL = 3
MOST = {
    **{"home": 5, "municipality_brief": 1, "region_brief": 1, "municipality_baseline": 4, "region_baseline": 4},
    # Tables of every figure of a theme, every source, every occupation or every indicator.
    **{"municipality_theme": 5, "region_theme": 5, "sources": 10, "labour_markets": 5, "labour_market": 5},
    **{"indicators": 4, "api": 6, "programme": 4, "doc": 6, "data": 4},
    # A map and charts of each indicator, of every region across the border, or of a cooperation beside others.
    **{"borders": 11, "border": 11, "cooperation": 8},
}
MORE_PAGES = {
    "/en?q=unemployment+zwolle": 5,
    "/vergelijk?region=GM0193&region=GM0363&indicator=jobs_count": 3,
    "/kaart/crimes_per_1000_rate?regio=zwolle": 3,
    "/en/map/jobs_growth_1y_pct?level=corop&region=zwolle": 3,
    "/nergens/zwole": 1,
    "/docs/methods": 12,
    "/regiokompas": 15,
    "/regiokompas/observations": 4,
    "/regiokompas/regions/GM0193": 3,
    "/regiokompas/next_to_peers": 2,
    "/-/search": 1,
}
PAGES = {
    **{address_of(kind, lang): MOST.get(kind, USUAL) for kind in kinds(embedded=False) for lang in ("nl", "en")},
    **MORE_PAGES,
}
BASELINES = [
    # With everything, with little, of other kinds, and (below) with a plan.
    "/gemeente/amsterdam/nulmeting",
    "/en/municipality/zwolle/baseline?group=g40",
    "/gemeente/schiermonnikoog/nulmeting",
    "/regio/arbeidsmarktregio/groningen/nulmeting",
    "/en/region/province/zuid-holland/baseline",
    "/regio/corop/groot-rijnmond/nulmeting",
    "/en/region/g40/g40/baseline",
    "/regio/samenwerking/twente/nulmeting",
    "/en/region/country/nederland/baseline",
]
PLAN = """
insert into plan_monitor (region_code, indicator_id, title_nl, title_en, base_period, base_value, target_value,
    target_year, period_code, value, value_status, boundary_method, planned_value, distance_to_target, progress)
select 'GM0193', indicator_id, 'Streefwaarde van ' || title_nl, 'Target of ' || title_en, '2020JJ00', 6.4, 4, 2030,
    '2024JJ00', 5.3, 'final', 'published', 5.4, -1.3, 'on_path'
from indicators where is_relative and lowest_level = 'municipality' order by indicator_id limit 8
"""
# What is printed of what is there to be clicked: no menu, no form, nothing to fold or follow.
CLICKABLE = """
() => [...document.querySelectorAll("nav, form, input, button, .skip, .language, .tabs")]
    .filter(e => e.checkVisibility() && e.getBoundingClientRect().height > 1).map(e => e.outerHTML.slice(0, 120))
"""
# Headings that may be left alone at the end of a sheet.
LOOSE = """
() => [...document.querySelectorAll("main h1, main h2, main h3, main thead")]
    .filter(e => e.checkVisibility() && getComputedStyle(e).breakAfter !== "avoid").map(e => e.outerHTML.slice(0, 120))
"""
pytestmark = NEEDS_CHROMIUM


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    yield context.new_page()
    context.close()


@pytest.fixture(scope="module")
def planned(sample_release: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where a server of the sample with a plan of eight targets answers."""
    folder = tmp_path_factory.mktemp("planned") / sample_release.resolve().name
    with serving(with_other_words(sample_release.resolve(), folder, PLAN)) as address:
        yield address


def assert_every_sheet_says_what_it_is_of(page: Page, sheets: list[Sheet], address: str) -> None:
    lang = page.locator("html").get_attribute("lang") or ""
    title = page.title().removesuffix(" · Regiokompas").strip()
    (release,) = set(re.findall(r"Release ([\w-]+)", page.locator(".site-footer").inner_text()))
    for number, sheet in enumerate(sheets, 1):
        for words in (title, NOTICE[lang], f"Regiokompas, release {release}", f"{number} / {len(sheets)}"):
            assert sheet.has(words), (address, number, words, sheet.text[:300])


@pytest.mark.parametrize("path", PAGES)
def test_every_page_can_be_printed(page: Page, address: str, path: str) -> None:
    page.goto(address + path)
    page.wait_for_load_state("networkidle")
    sheets = print_page(page)
    assert 1 <= len(sheets) <= PAGES[path]
    assert_every_sheet_says_what_it_is_of(page, sheets, path)
    page.emulate_media(media="print")
    assert page.evaluate(CLICKABLE) == []
    assert page.evaluate(LOOSE) == []
    assert page.locator(".notice").first.is_visible()


def test_a_table_names_its_columns_on_every_sheet(page: Page, address: str) -> None:
    page.goto(f"{address}/bronnen")
    sheets = print_page(page)
    rows = [row.text_content() or "" for row in page.locator("tbody th").all()]
    with_rows = [sheet for sheet in sheets if any(sheet.has(row) for row in rows)]
    assert len(with_rows) > 4
    heads = page.locator("thead").first.locator("th").all_inner_texts()
    assert all(sheet.has(head) for sheet in with_rows for head in heads)


def test_paper_is_light_when_the_screen_is_dark(page: Page, address: str) -> None:
    for path in ("/gemeente/zwolle", "/kaart/crimes_per_1000_rate", "/gemeente/zwolle/werkloosheid"):
        looks = {}
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme="dark" if scheme == "dark" else "light", media="print")
            page.goto(address + path)
            looks[scheme] = page.evaluate(
                """() => [...document.querySelectorAll("body, main *")].map(e => {
                    const s = getComputedStyle(e); return [s.color, s.backgroundColor, s.fill, s.stroke].join() })"""
            )
        assert looks["light"] == looks["dark"] and looks["light"]


@pytest.mark.parametrize("path", BASELINES)
def test_a_baseline_is_two_to_four_sheets_with_its_head_and_foot(page: Page, address: str, path: str) -> None:
    page.goto(address + path)
    sheets = print_page(page)
    assert 2 <= len(sheets) <= 4
    assert_every_sheet_says_what_it_is_of(page, sheets, path)
    # Nothing that is folded on the screen is left out, and what is missing is together.
    titles = [each.text_content() or "" for each in page.locator("table.baseline tbody th").all()]
    printed = "".join(sheet.text for sheet in sheets)
    assert len(titles) > 80 and [title for title in titles if re.sub(r"\s", "", title) not in printed] == []
    missing = [each.text_content() or "" for each in page.locator("#gaps dd a").all()]
    assert len(missing) > 10
    assert sum(all(sheet.has(title) for title in missing) for sheet in sheets) == 1


@pytest.mark.parametrize("path", ["/gemeente/zwolle/nulmeting", "/en/municipality/zwolle/baseline"])
def test_a_baseline_with_a_plan_has_its_targets(page: Page, planned: str, path: str) -> None:
    page.goto(planned + path)
    sheets = print_page(page)
    assert 2 <= len(sheets) <= 4
    assert_every_sheet_says_what_it_is_of(page, sheets, path)
    targets = [each.text_content() or "" for each in page.locator("#plan tbody th").all()]
    printed = "".join(sheet.text for sheet in sheets)
    assert len(targets) == 8 and all(re.sub(r"\s", "", target) in printed for target in targets)
