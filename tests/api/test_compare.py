"""Regions side by side, as a reader asks for them."""

import asyncio
import csv
import html
import io
import json
import re
from typing import Any

import pytest
from datasette.app import Datasette
from support_charts import charts_in, outside
from support_portal import ask, fetch, release_of, rows_of_csv, run_sql, runs_script

from portal.boundaries import put_on_boundaries
from portal.registry import read_registry

PAGES = ["/vergelijk", "/en/compare"]
ON_BOUNDARIES = """
select * from observations_on_boundaries
where indicator_id = :indicator and boundary_year = :boundary_year
    and region_code in (select value from json_each(:codes))
"""


def read(portal: Datasette, path: str, **params: Any) -> list[dict[str, str]]:
    answer = ask(portal, path, params=params)
    assert answer.status_code == 200, answer.text
    return list(csv.DictReader(io.StringIO(answer.text, newline="")))


def test_no_text_of_a_chart_leaves_it_for_any_indicator(portal: Datasette) -> None:
    regions = "region=NL01&region=GM0193&region=EM01&region=PT06&region=GM1900"
    faults, drawn = [], 0
    for indicator in release_of(portal).registry.indicators:
        page = fetch(portal, f"/vergelijk?{regions}&indicator={indicator}").text
        drawn += len(charts_in(page))
        faults += [f"{indicator}: {told}" for svg in charts_in(page) for told in outside(svg)]
    assert drawn > 150 and faults == []


@pytest.mark.parametrize(
    ("path", "lang", "heading"), [("/vergelijk", "nl", "vergelijken"), ("/en/compare", "en", "Compare")]
)
def test_the_page_has_table_chart_index_and_files(portal: Datasette, path: str, lang: str, heading: str) -> None:
    answer = ask(portal, path, params={"region": ["Zwolle", "AM11", "groningen"], "indicator": "crimes_count"})
    page = answer.text
    assert answer.status_code == 200 and f'<html lang="{lang}"' in page and heading in page
    assert page.count("<h1") == 1 and page.count('<svg class="chart large"') == 2 and "= 100" in page
    assert not runs_script(page) and "style=" not in page
    assert f'href="{path}.csv?region=GM0193&amp;region=AM11&amp;region=GM0014&amp;indicator=crimes_count"' in page
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    # Crimes are not published for a labour-market region, but the release adds them up.
    assert (
        f'href="{path}?region=GM0193&amp;region=AM11&amp;region=GM0014&amp;indicator=crimes_count&amp;boundary_year=2026"'
        in page
    )
    # A legend with a mark of its own for each, and a way to take each away.
    assert len(set(re.findall(r'class="mark" transform="translate\(20 7\)" d="([^"]+)"', page))) == 3
    assert f'href="{path}?region=GM0193&amp;region=GM0014&amp;indicator=crimes_count"' in page


def test_figures_as_published_are_those_of_the_release(portal: Datasette) -> None:
    found = read(portal, "/vergelijk.csv", region=["GM0193", "PV23"], indicator="jobs_count")
    wanted = run_sql(
        portal,
        "select region_code, period_code, value, value_status from observations "
        "where indicator_id = 'jobs_count' and region_code in ('GM0193', 'PV23')",
    ).json()["rows"]
    got = {(r["region_code"], r["period_code"]): (r["value"], r["value_status"]) for r in found}
    assert len(wanted) == len(found) > 10
    for row in wanted:
        value, status = got[row["region_code"], row["period_code"]]
        assert (float(value) if value else None, status) == (row["value"], row["value_status"])


def test_counts_on_another_boundary_year_follow_the_divided_municipality(portal: Datasette) -> None:
    # Haaren (GM0788) was divided over four municipalities on 1 January 2021.
    before = read(portal, "/vergelijk.csv", region="GM0788", indicator="population_count", boundary_year="2020")
    assert before and {row["boundary_method"] for row in before if row["value"]} == {"published"}
    after = read(portal, "/vergelijk.csv", region="GM0855", indicator="population_count", boundary_year="2022")
    by_year = {row["year"]: row for row in after}
    assert by_year["2019"]["boundary_method"] == "split_estimate" and by_year["2019"]["value_status"] == "estimated"
    assert by_year["2021"]["boundary_method"] == "published"
    share = run_sql(
        portal, "select share from boundary_changes where old_code = 'GM0788' and new_code = 'GM0855'"
    ).json()["rows"][0]["share"]
    parts = run_sql(
        portal,
        "select region_code, value from observations where indicator_id = 'population_count' "
        "and period_code = '2019JJ00' and region_code in ('GM0788', 'GM0855')",
    ).json()["rows"]
    values = {row["region_code"]: row["value"] for row in parts}
    assert float(by_year["2019"]["value"]) == pytest.approx(values["GM0855"] + share * values["GM0788"], abs=1)


def test_land_on_another_boundary_year_follows_area(portal: Datasette) -> None:
    after = read(portal, "/vergelijk.csv", region="GM0855", indicator="land_area_km2", boundary_year="2022")
    found = next(row for row in after if row["year"] == "2019")
    parts = run_sql(
        portal,
        "select c.area_share, o.value as tilburg, h.value as haaren from boundary_changes as c "
        "join observations as o on o.region_code = c.new_code "
        "join observations as h on h.region_code = c.old_code "
        "and h.indicator_id = o.indicator_id and h.period_code = o.period_code "
        "where c.old_code = 'GM0788' and c.new_code = 'GM0855' and o.indicator_id = 'land_area_km2' "
        "and o.period_code = '2019JJ00'",
    ).json()["rows"][0]
    expected = parts["tilburg"] + parts["area_share"] * parts["haaren"]
    assert float(found["value"]) == pytest.approx(expected, abs=0.011)
    assert found["boundary_method"] == "split_estimate"


def test_a_boundary_year_of_our_own_equals_the_one_that_the_release_worked_out(portal: Datasette) -> None:
    # No boundary changed from 2024 to 2026, so the two ways to the figures must end in one place.
    codes = ["GM0855", "GM1966", "GM1979", "AM01", "CR03", "PV30", "NL01"]
    for indicator in ("population_count", "crimes_count", "shops_vacant_count", "self_employed_count", "land_area_km2"):
        ours = read(portal, "/vergelijk.csv", region=codes, indicator=indicator, boundary_year="2024")
        theirs = {
            (r["region_code"], r["period_code"]): r
            for r in read(portal, "/vergelijk.csv", region=codes, indicator=indicator, boundary_year="2026")
        }
        assert len(ours) > 10
        for row in ours:
            other = theirs[row["region_code"], row["period_code"]]
            if other["boundary_method"] != "published":
                columns = ("region_code", "period_code", "value", "value_status", "boundary_method")
                assert [row[c] for c in columns] == [other[c] for c in columns]


def test_every_count_of_a_municipality_is_placed_as_the_release_places_it(portal: Datasette) -> None:
    fetch(portal, "/robots.txt")
    codes = ["GM0193", "GM0518", "GM0855", "GM1969", "GM1991"]

    async def compared() -> int:
        registry, count = await read_registry(portal), 0
        boundary_year = registry.published_boundary_years[0]
        for recipe in registry.recipes(codes):
            if recipe.kind == "count" and recipe.formula == "published":
                ours = await put_on_boundaries(portal, recipe, codes, boundary_year)
                asked = {"indicator": recipe.indicator_id, "codes": json.dumps(codes), "boundary_year": boundary_year}
                for row in await portal.get_database("regiokompas").execute(ON_BOUNDARIES, asked):
                    figure = ours.get(row["region_code"], {}).get(row["period_code"])
                    if figure is not None:
                        assert (figure.status, figure.method) == (row["value_status"], row["boundary_method"])
                        assert figure.value == (row["value"] and pytest.approx(row["value"])), recipe.indicator_id
                        count += 1
        return count

    assert asyncio.run(compared()) > 1000


def test_what_is_worked_out_stands_on_the_boundary_year_of_the_release(portal: Datasette) -> None:
    found = read(portal, "/en/compare.csv", region="AM11", indicator="population_growth_1y_pct")
    assert found and {row["boundary_year"] for row in found} == {"2026"}
    # Percentages change by percentage points, so an index of them says nothing.
    assert {row["index_value"] for row in found} == {""}


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("region=GM0193&colour=red", "colour"),
        ("region=Zwoll", "Zwolle (GM0193)"),
        ("region=Nergenshuizen", "Nergenshuizen"),
        ("indicator=nothing", "nothing"),
        ("boundary_year=1999", "1999"),
        ("boundary_year=2019&indicator=population_growth_1y_pct", "2019"),
    ],
)
def test_a_mistake_is_told_on_the_page_and_in_the_file(portal: Datasette, query: str, told: str) -> None:
    for path in PAGES:
        page, file = ask(portal, f"{path}?{query}"), ask(portal, f"{path}.csv?{query}")
        assert page.status_code == file.status_code == 400
        assert 'role="alert"' in page.text and told in page.text and told in file.text
    assert "<script>" not in ask(portal, "/vergelijk?region=<script>").text


def test_dutch_excel_gets_semicolons_and_commas(portal: Datasette) -> None:
    answer = ask(portal, "/vergelijk.nl.csv?region=GM0193&indicator=crimes_per_1000_rate")
    assert answer.content.startswith("\ufeff".encode()) and answer.headers["content-type"].startswith("text/csv")
    first = rows_of_csv(portal, answer.content.decode("utf-8"))[0]
    assert re.fullmatch(r"\d+,\d", first["value"])


@pytest.mark.parametrize(
    ("path", "named"),
    [
        ("/vergelijk?region=GM0193&region=NL01&indicator=jobs_count", "Banen: Zwolle, Nederland"),
        ("/en/compare?region=GM0193&group=g40", "regions, "),
    ],
)
def test_a_comparison_is_cited_with_its_sources_and_an_address_that_keeps_it(
    portal: Datasette, path: str, named: str
) -> None:
    page = fetch(portal, path).text
    heading = {"nl": "Bronvermelding", "en": "Cite"}["en" if path.startswith("/en") else "nl"]
    told = html.unescape(re.findall(rf"<h3>{heading}</h3><p[^>]*>([^<]+)<", page)[0])
    release = release_of(portal)
    assert named in told and "CBS" in told and "CC BY 4.0" in told and release.release_id in told
    assert re.search(rf"/release/{release.release_id}{re.escape(path.partition('?')[0])}\?region=GM0193", told)


@pytest.mark.parametrize("path", ["/vergelijk", "/en/compare"])
def test_a_municipality_that_grew_by_a_merger_is_not_drawn_as_if_it_grew(portal: Datasette, path: str) -> None:
    """Part of Haaren went to Vught in 2021: as published its line is cut, on the boundaries of now it is whole."""
    asked = f"{path}?region=GM0865&indicator=population_count"
    assert 'class="break"' in fetch(portal, asked).text
    assert 'class="break"' not in fetch(portal, f"{asked}&boundary_year=2026").text
