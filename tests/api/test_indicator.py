"""What a reader learns of an indicator: what it is, how it is made, where it comes from, how far it reaches, and what
its figures were in earlier releases.
"""

import csv
import html
import io
import re
import sqlite3
from pathlib import Path

import pytest
import yaml
from datasette.app import Datasette
from support_portal import ask, fetch, open_portal, release_of, rows_of_csv, runs_script
from support_releases import EARLIER, Figures, publish_after

from pipelines.settings import PORTAL
from portal.pages import page_url
from portal.registry import each_once

SEEDS = PORTAL.parent / "dbt_project" / "seeds"
PAGES = {"nl": "/indicator/", "en": "/en/indicator/"}


def read(page: str) -> str:
    """A page as text, without its markup."""
    return re.sub(r"\s+", " ", html.unescape(re.sub("<[^>]+>", " ", page)))


def seed(name: str, key: str) -> dict[str, dict[str, str]]:
    with (SEEDS / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return {row[key]: row for row in csv.DictReader(file)}


@pytest.mark.parametrize("lang", ["nl", "en"])
def test_every_indicator_has_a_page_with_what_the_registry_says(
    portal: Datasette, database: sqlite3.Connection, lang: str
) -> None:
    titles = {name: seed(f"{name}s", name) for name in ("theme", "sub_theme", "building_block")}
    warnings = seed("usage_warnings", "warning_id")
    for row in database.execute("select * from indicators"):
        answer = ask(portal, PAGES[lang] + row["indicator_id"])
        assert answer.status_code == 200, row["indicator_id"]
        assert f'<html lang="{lang}"' in answer.text and answer.text.count("<h1") == 1
        text = read(answer.text)
        for column in ("title", "definition", "unit"):
            assert re.sub(r"\s+", " ", row[f"{column}_{lang}"]) in text
        assert all(found[str(row[name])][f"title_{lang}"] in text for name, found in titles.items())
        for name in filter(None, (row["usage_warnings"] or "").split(";")):
            assert warnings[name][f"text_{lang}"] in text
        terms = "select term_id from indicator_terms where indicator_id = ?"
        for (name,) in map(tuple, database.execute(terms, (row["indicator_id"],)).fetchall()):
            assert f'href="{PAGES[lang]}{name}"' in answer.text, f"{row['indicator_id']} does not link to {name}"


@pytest.mark.parametrize("lang", ["nl", "en"])
def test_every_indicator_links_the_rules_that_it_is_made_and_compared_by(
    portal: Datasette, database: sqlite3.Connection, lang: str
) -> None:
    sections = yaml.safe_load((PORTAL / "texts" / "common.yml").read_text(encoding="utf-8"))["methods_sections"]
    broken = {name for (name,) in map(tuple, database.execute("select distinct indicator_id from series_breaks"))}
    publishers: dict[str, set[str]] = {}
    for name, publisher in database.execute(
        "select indicator_id, publisher from indicator_sources join sources using (dataset_id)"
    ):
        publishers.setdefault(name, set()).add(publisher)
    for row in database.execute("select * from indicators"):
        by = publishers.get(row["indicator_id"], set())
        warnings = (row["usage_warnings"] or "").split(";")
        rules = {
            "statuses": True,
            "boundaries": True,
            "comparing": True,
            "trends": True,
            "chance": row["interval_kind"] != "none",
            "breaks": row["indicator_id"] in broken,
            "hidden": "small_counts_hidden" in warnings,
            "denominators": bool(row["denominator"]) and row["formula"] != "real",
            "rounding": row["formula"] != "published",
            "euros": row["unit_en"].startswith("euro"),
            "counted": bool(by & {"kohesio", "rvo"}),
            "ministries": "rijk" in by,
        }
        page = ask(portal, PAGES[lang] + row["indicator_id"]).text
        linked = set(re.findall(r'href="[^"]*/docs/methods#([\w-]+)"', page))
        for rule, applies in rules.items():
            assert (sections[rule][lang] in linked) == applies, f"{row['indicator_id']}: {rule}"


def test_a_formula_is_told_in_words(portal: Datasette) -> None:
    text = read(ask(portal, "/indicator/bankruptcies_per_10000_establishments_rate").text)
    assert re.search(r"Uitgesproken faillissementen gedeeld door .+ maal 10.000", text)
    text = read(ask(portal, "/en/indicator/establishment_births_minus_deaths_count").text)
    assert re.search(r"openings? .*minus|minus .*closures?", text)
    assert "5 years earlier" in read(ask(portal, "/en/indicator/jobs_growth_5y_pct").text)


def test_what_is_added_up_before_it_is_divided_stands_in_brackets(portal: Datasette) -> None:
    """Of every indicator; else "a plus b divided by c" can be read in two ways."""
    release, found = release_of(portal), 0
    for name in release.registry.indicators:
        recipe = release.registry.recipe(name)
        page = fetch(portal, f"/en/indicator/{name}").text
        if recipe.denominator and len(recipe.numerator) > 1:
            assert re.search(r'class="expression">\(.*\) <em>divided by</em> ', page), name
            found += 1
        if recipe.denominator and len(recipe.denominator) > 1:
            assert "<em>divided by</em> (" in page, name
            found += 1
    assert found > 5


def test_a_target_has_its_source(portal: Datasette) -> None:
    page = ask(portal, "/indicator/sme_employment_share_pct").text
    assert re.search(r"70,0 % van de werkenden\s+Economische pijler van de G40", read(page))
    assert f'<a href="{page_url("programmes", "nl")}">Economische pijler van de G40' in page


def test_coverage_counts_what_the_release_has(portal: Datasette, database: sqlite3.Connection) -> None:
    text = read(ask(portal, "/en/indicator/crimes_per_1000_rate").text)
    codes = {
        row["region_code"]: row["year"]
        for row in database.execute(
            "select region_code, year from observations_on_boundaries "
            "where indicator_id = 'crimes_per_1000_rate' and value is not null"
        )
        if row["region_code"].startswith("GM")
    }
    assert f"Municipality {len(codes)} of 342" in text


def test_the_national_series_is_that_of_the_release(portal: Datasette, database: sqlite3.Connection) -> None:
    page = ask(portal, "/en/indicator/population_count").text
    row = database.execute(
        "select value, year from observations_on_boundaries where indicator_id = 'population_count' "
        "and region_code = 'NL01' and value is not null order by year desc limit 1"
    ).fetchone()
    assert f"{row['year']} {row['value']:,.0f}" in read(page)
    assert '<svg class="chart small"' in page


def test_sources_of_a_computed_figure_are_those_of_its_parts(portal: Datasette, database: sqlite3.Connection) -> None:
    page = ask(portal, "/indicator/bankruptcies_per_10000_establishments_rate").text
    sources = database.execute(
        "select s.* from indicators as i join sources as s using (dataset_id) "
        "where indicator_id in ('bankruptcies_count', 'establishments_all_sectors_count')"
    ).fetchall()
    assert len(sources) == 2
    for source in sources:
        assert source["homepage_url"] in html.unescape(page) and source["licence_url"] in page
        assert source["title_nl"] in html.unescape(page) and source["attribution"] in html.unescape(page)


def test_there_is_a_map_only_where_regions_have_figures(portal: Datasette) -> None:
    for indicator in ("crimes_per_1000_rate", "bankruptcies_count"):
        assert f'href="/kaart/{indicator}"' in ask(portal, f"/indicator/{indicator}").text
    assert 'href="/kaart/' not in ask(portal, "/indicator/consumer_prices_index").text


@pytest.mark.parametrize("extension", ["csv", "nl.csv"])
def test_all_figures_are_in_the_file(portal: Datasette, database: sqlite3.Connection, extension: str) -> None:
    rows = rows_of_csv(portal, ask(portal, f"/indicator/crimes_per_1000_rate.{extension}").content.decode("utf-8"))
    count, total = database.execute(
        "select count(*), sum(value) from observations_on_boundaries where indicator_id = 'crimes_per_1000_rate'"
    ).fetchone()
    assert len(rows) == count
    assert sum(float(row["value"].replace(",", ".") or 0) for row in rows) == pytest.approx(total)


@pytest.mark.parametrize(("path", "lang"), [("/indicatoren", "nl"), ("/en/indicators", "en")])
def test_the_index_links_to_every_indicator_once(
    portal: Datasette, database: sqlite3.Connection, path: str, lang: str
) -> None:
    page = ask(portal, path).text
    names = [row["indicator_id"] for row in database.execute("select indicator_id from indicators")]
    links = re.findall(rf'href="{PAGES[lang]}(\w+)"', page)
    assert sorted(links) == sorted(names)


@pytest.mark.parametrize("path", ["/indicator/nope", "/en/indicator/nope", "/indicator/nope.csv"])
def test_an_unknown_indicator_is_not_found(portal: Datasette, path: str) -> None:
    assert ask(portal, path).status_code == 404


def test_the_first_release_says_that_there_is_nothing_to_compare_with(portal: Datasette) -> None:
    text = read(ask(portal, "/indicator/jobs_count").text)
    assert f"{release_of(portal).release_id} is de eerste release: er is geen eerdere release" in text
    assert "there is no earlier release" in read(ask(portal, "/en/indicator/jobs_count").text)


@pytest.fixture(scope="module")
def revised(sample_release: Path, tmp_path_factory: pytest.TempPathFactory) -> Datasette:
    """The sample after a release with another number of jobs in two municipalities."""
    before: Figures = {
        ("jobs_count", "GM0193", "2020JJ00"): (1.0, "provisional"),
        ("jobs_count", "GM0193", "2021JJ00"): (2.0, "estimated"),
        ("jobs_count", "GM0518", "2021JJ00"): (None, "missing"),
    }
    releases = tmp_path_factory.mktemp("revised") / "releases"
    release = publish_after(releases, sample_release, before)
    return open_portal(release.folder)


def revisions(portal: Datasette, path: str) -> str:
    page = ask(portal, path).text
    assert not runs_script(page) and "style=" not in page
    return read(page[page.index('<section id="revisions">') :])


@pytest.mark.parametrize(
    ("path", "words"),
    [
        (
            "/indicator/jobs_count",
            "2020 1 voorlopig {now} {status} {more} gewijzigd cijfer de bron stelde het cijfer vast",
        ),
        (
            "/en/indicator/jobs_count",
            "2020 1 provisional {now} {status} {more} different figure the source made it final",
        ),
    ],
)
def test_a_revision_tells_what_a_figure_was_and_in_which_release_it_changed(
    revised: Datasette, database: sqlite3.Connection, path: str, words: str
) -> None:
    key = "indicator_id = 'jobs_count' and region_code = 'GM0193' and period_code = '2020JJ00'"
    value, status = database.execute(f"select value, value_status from observations where {key}").fetchone()
    assert status == "final"
    marks = str.maketrans({} if path.startswith("/en") else {",": "."})
    now, more = (f"{number:,.0f}".translate(marks) for number in (value, value - 1))
    told = words.format(now=now, more=f"+{more}", status="final" if path.startswith("/en") else "definitief")
    text = revisions(revised, path)
    assert f"Zwolle GM0193 {told}" in text
    # As published and on the boundaries of 2026 they changed alike: that is one revision.
    assert text.count("GM0193") == 2 and text.count("GM0518") == 1
    assert re.search(rf"{re.escape(release_of(revised).release_id)} 2 [Nn]ovember 2026 {EARLIER} 3 ", text)


@pytest.mark.parametrize(
    ("asked", "has", "has_not"),
    [
        ("region=GM0193", "Zwolle GM0193 2021", "GM0518"),
        ("region=zwolle", "Zwolle GM0193 2020", "GM0518"),
        ("region=den+haag", "'s-Gravenhage (gemeente) GM0518 2021 geen cijfer ontbreekt", "GM0193"),
        ("region=GM0363", f"Sinds release {EARLIER} veranderde geen cijfer van Amsterdam", "GM0193"),
        ("region=nergenshuizen", "Geen gemeente of regio gevonden voor “nergenshuizen”", "GM0193"),
    ],
)
def test_revisions_of_one_region(revised: Datasette, asked: str, has: str, has_not: str) -> None:
    text = revisions(revised, f"/indicator/jobs_count?{asked}")
    assert has in text and has_not not in text


def test_an_indicator_without_revisions_says_since_when(revised: Datasette) -> None:
    assert f"Since release {EARLIER}, nothing changed" in revisions(revised, "/en/indicator/crimes_count")


def test_the_file_of_every_indicator_names_its_sources_and_licences(portal: Datasette) -> None:
    registry = release_of(portal).registry
    for name in registry.indicators:
        lines = list(csv.DictReader(io.StringIO(fetch(portal, f"/indicator/{name}.csv").text)))
        sources = registry.sources_of(name)
        assert lines and {row["attribution"] for row in lines} == {each_once(sources, "attribution")}, name
        assert {row["licence"] for row in lines} == {each_once(sources, "licence")}, name
