"""What readers come for, from the home page on, by the links, forms and keys that they have and nothing else.

Each walk has the most clicks and pages that it may take; a form that is sent counts as a click.
"""

import json
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import duckdb
import openpyxl
import pytest
from playwright.sync_api import Browser, Locator, Page, expect
from support import query
from support_browser import NEEDS_CHROMIUM
from support_http import Answer, open_site
from support_office import NEEDS_OFFICE, open_dutch_csv
from support_pdf import print_page
from support_releases import BEFORE, EARLIER, REVISED

pytestmark = NEEDS_CHROMIUM
STATUSES = {
    "final": "definitief",
    "unstated": "status niet vermeld",
    "provisional": "voorlopig",
    "revised_provisional": "nader voorlopig",
    "estimated": "geschat",
}


# The clicks and the pages of each walk, the home page among them: a change that adds one has to be meant.
MOST = {
    "a journalist: a figure, its source and what it was": (7, 7),
    "a councillor: a figure to share, embed and cite": (1, 2),
    "a municipality: all its figures for a spreadsheet": (2, 2),
    "a municipality: its figures beside its peers in Excel": (2, 2),
    "a municipality: beside a whole group on many indicators": (4, 4),
    "a G40 team: 41 cities on the goals, who lags, in Excel": (4, 4),
    "a mayor's office: a baseline over five blocks, printed": (2, 3),
    "a cooperation: before and since 2016, beside others": (2, 3),
    "a labour market region: short occupations and moves": (2, 3),
    "a neighbour across the border: its regions beside Zeeland": (2, 3),
    "the VNG: four themes of a region": (5, 6),
    "a data engineer: a table, checked, and the API": (6, 6),
}


@dataclass
class Walk:
    """A reader on the way: a page, and how many clicks and pages it took."""

    page: Page
    clicks: int = 0
    pages: int = 0
    at: str = ""

    def click(self, place: Locator) -> None:
        place.click()
        self.clicks += 1

    def search(self, place: Locator, text: str) -> None:
        place.fill(text)
        self.page.keyboard.press("Enter")
        self.clicks += 1

    def arrive(self, url: str) -> None:
        # A jump within a page is no other page.
        if url.split("#")[0] != self.at:
            self.pages, self.at = self.pages + 1, url.split("#")[0]


@dataclass(frozen=True)
class Published:
    """A figure as the database of the release has it, and where it comes from."""

    title: str
    period_code: str
    value: float
    status: str
    source_url: str

    @property
    def year(self) -> str:
        """The period as people read it; it is a whole year."""
        assert self.period_code.endswith("JJ00")
        return self.period_code[:4]


@pytest.fixture(scope="module")
def figure(revised_release: Path) -> Published:
    """The newest number of establishments in Zwolle: the figure that was revised."""
    indicator, region, period = REVISED
    sql = (
        "select i.title_nl, o.period_code, o.value, o.value_status, s.homepage_url "
        "from observations_on_boundaries as o "
        "join indicators as i using (indicator_id) join sources as s using (dataset_id) "
        "where o.indicator_id = ? and o.region_code = ? and o.value is not null order by o.period_code desc limit 1"
    )
    (row,) = query(revised_release, sql, indicator, region)
    assert row[1] == period
    return Published(*row)


@pytest.fixture
def complaints() -> Iterator[list[str]]:
    """What the browser had to say against the pages on the way: nothing."""
    found: list[str] = []
    yield found
    assert found == []


@contextmanager
def reader(
    walk_of: str, browser: Browser, address: str, complaints: list[str], *, javascript: bool = True
) -> Iterator[Walk]:
    context = browser.new_context(java_script_enabled=javascript, accept_downloads=True)
    page = context.new_page()
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda request: None if request.url.startswith(address) else complaints.append(request.url))
    walk = Walk(page)
    page.on("framenavigated", lambda frame: walk.arrive(frame.url) if frame == page.main_frame else None)
    page.goto(address)
    yield walk
    assert (walk.clicks, walk.pages) == MOST[walk_of]
    context.close()


def download(walk: Walk, link: Locator, folder: Path) -> Path:
    with walk.page.expect_download() as started:
        walk.click(link)
    path = folder / started.value.suggested_filename
    started.value.save_as(path)
    return path


def in_dutch(value: float) -> str:
    return f"{value:,.0f}".replace(",", ".")


def row_of(table: Locator, *words: str) -> Locator:
    """The one row that has all of these words."""
    found = table.get_by_role("row")
    for each in words:
        found = found.filter(has_text=each)
    expect(found).to_have_count(1)
    return found


def test_a_journalist_finds_a_figure_its_source_and_what_it_was(
    browser: Browser, address: str, complaints: list[str], revised_release: Path, figure: Published
) -> None:
    was, status_was = BEFORE
    about = "a journalist: a figure, its source and what it was"
    with reader(about, browser, address, complaints, javascript=False) as walk:
        page = walk.page
        walk.search(page.get_by_label("Zoek een gemeente, regio of onderwerp"), "zwolle")
        # A count is no headline: it is folded below the rates of its theme.
        walk.click(page.get_by_role("link", name="Midden- en kleinbedrijf"))
        walk.click(page.locator("#counts summary"))
        row = page.locator("#counts tr").filter(has=page.get_by_role("link", name=figure.title, exact=True))
        expect(row.locator("strong")).to_have_text(in_dutch(figure.value))
        expect(row.locator("[data-label=Periode]")).to_contain_text(f"{figure.year} {STATUSES[figure.status]}")
        source = row.locator("[data-label=Bron]").get_by_role("link").first
        expect(source).to_have_attribute("href", figure.source_url)

        walk.click(row.get_by_role("link", name=figure.title, exact=True))
        expect(page.get_by_role("heading", level=1)).to_have_text(f"{figure.title} in Zwolle")
        expect(page.locator(".sentence")).to_contain_text(in_dutch(figure.value))
        cells = row_of(page.get_by_role("region", name="De cijfers").get_by_role("table"), figure.year).get_by_role(
            "cell"
        )
        expect(cells.first).to_have_text(in_dutch(figure.value))
        expect(cells.last).to_have_text(STATUSES[figure.status])
        expect(page.locator(f".sources a[href='{figure.source_url}']")).to_have_count(1)
        was_told = row_of(page.get_by_role("region", name="Hoe het was").get_by_role("table"), "Zwolle", figure.year)
        expect(was_told).to_contain_text(in_dutch(was))

        walk.click(page.get_by_role("link", name="Definitie, formule en dekking"))
        expect(page.get_by_role("heading", level=1)).to_have_text(figure.title)
        source = page.get_by_role("region", name="Bron", exact=True).get_by_role("link").first
        expect(source).to_have_attribute("href", figure.source_url)
        walk.search(page.get_by_label("Regio (naam of code)"), "Zwolle")
        revised = page.get_by_role("region", name="Veranderde cijfers")
        cells = row_of(revised, revised_release.name, "Zwolle", figure.year).get_by_role("cell")
        expect(cells.nth(2)).to_have_text(f"{in_dutch(was)} {STATUSES[status_was]}")
        expect(cells.nth(3)).to_have_text(f"{in_dutch(figure.value)} {STATUSES[figure.status]}")
        expect(cells.nth(4)).to_have_text(f"+{in_dutch(figure.value - was)}")
        expect(cells.nth(5)).to_have_text("gewijzigd cijfer de bron gaf nieuwe cijfers uit")

        releases = page.get_by_role("region", name="Hoeveel er per release veranderde")
        expect(row_of(releases, EARLIER).get_by_role("cell").nth(1)).to_have_text("1")
        walk.click(releases.get_by_role("link", name=revised_release.name))
        told = row_of(page.get_by_role("region", name="Veranderde cijfers"), figure.title, "Zwolle")
        expect(told).to_contain_text(in_dutch(was))


def test_a_councillor_shares_a_figure_that_others_open_embed_and_cite(
    browser: Browser, address: str, revised_release: Path
) -> None:
    phone = browser.new_context(viewport={"width": 375, "height": 700}, java_script_enabled=False)
    page = phone.new_page()
    walk = Walk(page, pages=1)
    page.goto(f"{address}/gemeente/zwolle")
    page.on("framenavigated", lambda frame: walk.arrive(frame.url))
    walk.click(page.get_by_role("link", name="Leegstand van winkels", exact=True).first)
    assert (walk.clicks, walk.pages) == MOST["a councillor: a figure to share, embed and cite"]
    heading = page.get_by_role("heading", level=1)
    expect(heading).to_have_text("Leegstand van winkels in Zwolle")
    shared = page.url
    assert shared == f"{address}/gemeente/zwolle/leegstand-van-winkels"
    assert page.request.get(f"{shared}.svg").ok

    page.goto(f"{shared}?utm_source=whatsapp&fbclid=IwAR0")
    expect(heading).to_have_text("Leegstand van winkels in Zwolle")
    cited = page.locator(".copy").first
    frozen = shared.replace(address, f"{address}/release/{{}}")
    expect(cited).to_contain_text(f"{frozen.format(revised_release.name)}. Licentie: CC BY 4.0")
    code = page.locator(".copy code").inner_text()
    phone.close()

    # The site of another, which shows the figure within a page of its own.
    html = {"Content-Type": "text/html; charset=utf-8"}
    page_of_theirs = "<!DOCTYPE html><html lang='nl'><title>Nieuws</title>{}</html>"
    with open_site() as theirs:
        theirs.put("/embedded", Answer(page_of_theirs.format(code).encode(), headers=html))
        theirs.put("/framed", Answer(page_of_theirs.format(f"<iframe src='{shared}'></iframe>").encode(), headers=html))
        site = browser.new_context().new_page()
        site.goto(f"{theirs.url}/embedded")
        within = site.frame_locator("iframe")
        expect(within.get_by_role("heading", level=1)).to_have_text("Leegstand van winkels in Zwolle")
        expect(within.get_by_role("link", name="Bekijk op Regiokompas")).to_have_attribute("href", shared)
        site.goto(f"{theirs.url}/framed")
        expect(site.frame_locator("iframe").get_by_role("heading", level=1)).to_have_count(0)
        site.context.close()


@NEEDS_OFFICE
def test_a_municipality_opens_its_figures_in_a_dutch_spreadsheet(
    browser: Browser, address: str, complaints: list[str], revised_release: Path, tmp_path: Path
) -> None:
    with reader("a municipality: all its figures for a spreadsheet", browser, address, complaints) as walk:
        walk.click(walk.page.get_by_role("link", name="Zwolle", exact=True))
        path = download(walk, walk.page.get_by_role("link", name="Alles als zip"), tmp_path)
    with zipfile.ZipFile(path) as archive:
        assert "LEESMIJ.txt" in archive.namelist()
        table = Path(archive.extract("excel/observations_on_boundaries.csv", tmp_path))
    rows = open_dutch_csv(table, tmp_path)
    # A day, 20230404, is a number to a spreadsheet.
    values = {(row["indicator_id"], str(row["period_code"])): row["value"] for row in rows}
    sql = "select indicator_id, period_code, value from observations_on_boundaries where region_code = ?"
    published = {(indicator, period): value for indicator, period, value in query(revised_release, sql, REVISED[1])}
    assert len(rows) == len(published) and values == published
    assert {type(value) for value in values.values()} <= {int, float, type(None)}
    # Decimal commas are what goes wrong, so there must be some.
    assert any(value != int(value) for value in published.values() if value is not None)


def test_a_data_engineer_checks_a_table_and_reads_it_in_one_line(
    browser: Browser, address: str, complaints: list[str], revised_release: Path, tmp_path: Path
) -> None:
    with reader("a data engineer: a table, checked, and the API", browser, address, complaints) as walk:
        page = walk.page
        walk.click(page.get_by_role("link", name="English"))
        walk.click(page.get_by_role("link", name="Get the data"))
        walk.click(page.locator("#downloads").get_by_role("link", name="Observations", exact=True))
        files = page.locator(".downloads")
        digest = files.get_by_role("listitem").filter(has_text="Parquet").locator("code").inner_text()
        table = download(walk, files.get_by_role("link", name="Parquet"), tmp_path)
        told = files.get_by_text("Download the whole table").inner_text()
        walk.click(page.get_by_role("link", name="API", exact=True))
        walk.click(page.get_by_role("link", name="indicatorId=jobs_count&regionCode=GM0363&yearFrom=2020"))
        answer = json.loads(page.locator("body").inner_text())
    assert sha256(table.read_bytes()).hexdigest() == digest
    ((count,),) = duckdb.sql(f"select count(*) from '{table}'").fetchall()
    assert f"{count:,} rijen / rows" in told
    assert [(count,)] == query(revised_release, "select count(*) from observations")
    mine = f"from '{table}' where indicator_id = 'jobs_count' and region_code = 'GM0363' and year >= 2020"
    rows = duckdb.sql(f"select period_code, value, value_status {mine}").fetchall()
    assert rows and sorted(rows) == sorted(
        (item["periodCode"], item["value"], item["valueStatus"]) for item in answer["items"]
    )


def rows_of(path: Path, sheet: str) -> list[dict[str, Any]]:
    """The rows of a sheet of an Excel file, by their headings."""
    rows = list(openpyxl.load_workbook(path)[sheet].iter_rows(values_only=True))
    top = next(number for number, row in enumerate(rows) if row[0] is None)
    return [dict(zip(map(str, rows[top + 1]), row, strict=True)) for row in rows[top + 2 :]]


def test_a_municipality_takes_its_figures_beside_its_peers_in_excel(
    browser: Browser, address: str, complaints: list[str], revised_release: Path, tmp_path: Path
) -> None:
    about = "a municipality: its figures beside its peers in Excel"
    with reader(about, browser, address, complaints, javascript=False) as walk:
        walk.search(walk.page.get_by_label("Zoek een gemeente, regio of onderwerp"), "zwolle")
        path = download(walk, walk.page.get_by_role("link", name="Excel-bestand"), tmp_path)
    beside = rows_of(path, "Naast vergelijkbare gemeenten")
    peers = query(
        revised_release,
        """select r.name from similar_municipalities as s join regions as r on r.region_code = s.peer_code
        where s.region_code = 'GM0193' and s.similarity_kind = 'economy'""",
    )
    assert {name for (name,) in peers} <= beside[0].keys() and "Zwolle" in beside[0] and len(beside) > 20


def test_a_municipality_lays_itself_beside_a_whole_group(
    browser: Browser, address: str, complaints: list[str], tmp_path: Path
) -> None:
    about = "a municipality: beside a whole group on many indicators"
    with reader(about, browser, address, complaints, javascript=False) as walk:
        page = walk.page
        walk.search(page.get_by_label("Zoek een gemeente, regio of onderwerp"), "zwolle")
        walk.click(page.get_by_role("link", name="Vergelijken met andere regio's"))
        page.get_by_label("Of een hele groep").select_option("p10")
        page.locator(".choose button").click()
        walk.clicks += 1
        table = page.locator("table.compared")
        expect(table.locator("tr.mine th")).to_contain_text("Zwolle")
        expect(table.locator(".reference th")).to_have_text("Nederland")
        assert table.locator("tbody:last-child tr").count() > 20
        path = download(walk, page.get_by_role("link", name="Excel", exact=True), tmp_path)
    assert "Zwolle" in {row["Regio"] for row in rows_of(path, "Naast elkaar")}


def test_a_g40_team_sees_who_lags_on_which_goal_and_takes_it_to_excel(
    browser: Browser, address: str, complaints: list[str], tmp_path: Path
) -> None:
    about = "a G40 team: 41 cities on the goals, who lags, in Excel"
    with reader(about, browser, address, complaints, javascript=False) as walk:
        page = walk.page
        walk.click(page.get_by_role("link", name="Een programma volgen"))
        walk.click(page.get_by_role("link", name="G40", exact=True))
        lines = page.locator("table.heat tbody tr")
        expect(lines).to_have_count(41)
        lagging = [int(text.split(" ")[0]) for text in lines.locator("td:nth-of-type(1)").all_inner_texts()]
        assert lagging == sorted(lagging, reverse=True) and lagging[0] > 0
        walk.click(page.locator("table.heat thead tr:nth-of-type(2) a").first)
        expect(page.locator("table.heat th[aria-sort=ascending]")).to_have_count(1)
        names = lines.locator("th").all_inner_texts()
        path = download(walk, page.get_by_role("link", name="Excel", exact=True), tmp_path)
    assert [row["Regio"] for row in rows_of(path, "Doelen naast elkaar")] == [*names, "Nederland"]


def test_a_mayors_office_prints_a_baseline_over_five_blocks(
    browser: Browser, address: str, complaints: list[str]
) -> None:
    about = "a mayor's office: a baseline over five blocks, printed"
    with reader(about, browser, address, complaints, javascript=False) as walk:
        page = walk.page
        walk.search(page.get_by_label("Zoek een gemeente, regio of onderwerp"), "zwolle")
        walk.click(page.get_by_role("link", name="Alles op twee tot vier A4, om af te drukken"))
        expect(page.get_by_role("heading", level=1)).to_have_text("Zwolle nulmeting voor een economisch plan")
        blocks = page.get_by_role("heading", level=2).all_inner_texts()
        assert [text[:2] for text in blocks if text[0].isdigit()] == ["1.", "2.", "3.", "4.", "5."]
        assert 2 <= len(print_page(page)) <= 4


def test_a_cooperation_is_seen_before_and_since_2016_beside_others(
    browser: Browser, address: str, complaints: list[str]
) -> None:
    about = "a cooperation: before and since 2016, beside others"
    with reader(about, browser, address, complaints, javascript=False) as walk:
        page = walk.page
        walk.search(page.get_by_label("Zoek een gemeente, regio of onderwerp"), "zwolle")
        walk.click(page.get_by_role("link", name="Samenwerking Regio Zwolle"))
        expect(page.get_by_role("heading", level=1)).to_contain_text("Regio Zwolle")
        courses = page.locator("#figures .multiple")
        assert courses.count() > 8 and courses.first.locator("svg").count() == 1
        for words in ("vergelijkbare gemeenten", "rest van Nederland"):
            expect(courses.first).to_contain_text(words)
        expect(page.get_by_role("region", name="Wat u hieruit kunt opmaken")).to_contain_text("2016")
        # The other region of that name, which many mean.
        expect(page.locator("main")).to_contain_text("Arbeidsmarktregio Regio Zwolle")


def test_a_labour_market_region_finds_its_short_occupations_and_the_moves_to_them(
    browser: Browser, address: str, complaints: list[str]
) -> None:
    with reader("a labour market region: short occupations and moves", browser, address, complaints) as walk:
        page = walk.page
        walk.click(page.get_by_role("link", name="De arbeidsmarkt"))
        walk.click(page.get_by_role("row").get_by_role("link", name="Flevoland", exact=True))
        expect(page.get_by_role("heading", level=1)).to_contain_text("Flevoland")
        assert page.locator("#lists ol").first.locator("li").count() > 0
        assert page.locator("#moves .card li").count() > 0


def test_the_vng_reads_the_four_themes_of_a_region(browser: Browser, address: str, complaints: list[str]) -> None:
    with reader("the VNG: four themes of a region", browser, address, complaints, javascript=False) as walk:
        page = walk.page
        walk.search(page.get_by_label("Zoek een gemeente, regio of onderwerp"), "overijssel")
        for theme in ("Midden- en kleinbedrijf", "Menselijk kapitaal", "Vitale binnensteden", "Regionale economie"):
            walk.click(page.get_by_role("link", name=theme, exact=True))
            expect(page.get_by_role("heading", level=1)).to_have_text(f"Overijssel {theme}")
            assert page.locator("#figures tbody tr").count() > 3


def test_a_neighbour_across_the_border_finds_its_regions_beside_zeeland(
    browser: Browser, address: str, complaints: list[str]
) -> None:
    about = "a neighbour across the border: its regions beside Zeeland"
    with reader(about, browser, address, complaints, javascript=False) as walk:
        page = walk.page
        walk.search(page.get_by_label("Zoek een gemeente, regio of onderwerp"), "eurometropool")
        walk.click(page.get_by_role("link", name="Eurometropool Lille-Kortrijk-Tournai"))
        expect(page).to_have_url(f"{address}/grens/eurometropool")
        named = page.locator("main").inner_text()
        for region in ("Arr. Kortrijk", "Arr. Tournai-Mouscron", "Zeeuwsch-Vlaanderen", "Overig Zeeland"):
            assert region in named
        courses = page.locator("section.across")
        assert courses.count() > 5 and all(each.locator("svg").count() > 1 for each in courses.all())
