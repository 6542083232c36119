"""A region of one's own, as a reader ticks it."""

import csv
import gzip
import html
import io
import re
from pathlib import Path
from typing import Any

import pytest
from datasette.app import Datasette
from support_portal import ask, release_of, run_sql, runs_script

from pipelines.ingest.selections import read_selections


def members(portal: Datasette, code: str) -> list[str]:
    sql = f"select municipality_code from region_membership where region_code = '{code}' and valid_to is null"
    return [row["municipality_code"] for row in run_sql(portal, sql).json()["rows"]]


def read(portal: Datasette, codes: list[str]) -> dict[tuple[str, str], dict[str, Any]]:
    answer = ask(portal, "/eigen-regio.csv", params={"municipality": codes})
    assert answer.status_code == 200, answer.text
    rows = csv.DictReader(io.StringIO(answer.text, newline=""))
    return {(row["indicator_id"], row["period_code"]): row for row in rows}


@pytest.mark.parametrize("code", ["AM01", "AM14", "AM21", "CR03"])
def test_the_municipalities_of_a_region_give_the_figures_of_that_region(
    portal: Datasette, sample_release: Path, code: str
) -> None:
    """What the release added up or worked out for a region itself is what a reader gets who ticks it."""
    with gzip.open(
        sample_release / "tables" / "observations_on_boundaries.csv.gz", "rt", encoding="utf-8", newline=""
    ) as file:
        wanted = [
            row
            for row in csv.DictReader(file)
            if row["region_code"] == code and row["boundary_method"] in ("merged", "split_estimate")
        ]
    with gzip.open(sample_release / "tables" / "indicators.csv.gz", "rt", encoding="utf-8", newline="") as file:
        counts = {row["indicator_id"] for row in csv.DictReader(file) if row["kind"] == "count"}
    found = read(portal, members(portal, code))
    compared = 0
    for row in wanted:
        ours = found[row["indicator_id"], row["period_code"]]
        # A count that its source gives of the region and not of each municipality makes ratios that nobody can add up.
        if not ours["value"] and row["indicator_id"] not in counts:
            continue
        compared += 1
        assert float(ours["value"]) == pytest.approx(float(row["value"])), row
        assert (ours["value_status"], ours["boundary_method"]) == (row["value_status"], row["boundary_method"]), row
    assert compared > 0.95 * len(wanted) > 100


def test_a_ratio_is_recomputed_and_not_averaged(portal: Datasette) -> None:
    found = read(portal, ["GM0193", "GM0150"])
    for period in ("2020JJ00", "2023JJ00"):
        crimes, people = (float(found[i, period]["value"]) for i in ("crimes_count", "population_count"))
        rate = float(found["crimes_per_1000_rate", period]["value"])
        assert rate == pytest.approx(1000 * crimes / people, abs=0.051)


def test_an_average_is_left_out_for_more_than_one_and_said_so(portal: Datasette) -> None:
    title = run_sql(portal, "select title_en from indicators where indicator_id = 'standardised_income_eur'")
    page = ask(portal, "/en/own-region?municipality=GM0193&municipality=GM0150").text
    left_out = page[page.index("What is missing here") :]
    assert html.escape(title.json()["rows"][0]["title_en"]) in left_out
    assert ("standardised_income_eur", "2023JJ00") not in read(portal, ["GM0193", "GM0150"])


def test_one_municipality_is_itself(portal: Datasette) -> None:
    found = read(portal, ["GM0193"])
    rows = run_sql(
        portal,
        "select count(*) as n from observations_on_boundaries where region_code = 'GM0193' and boundary_year = 2026",
    )
    assert len(found) == rows.json()["rows"][0]["n"]


@pytest.mark.parametrize(("path", "other"), [("/eigen-regio", "/en/own-region"), ("/en/own-region", "/eigen-regio")])
def test_one_set_of_municipalities_has_one_address(portal: Datasette, path: str, other: str) -> None:
    answer = ask(portal, f"{path}?municipality=GM0193&municipality=gm0150&municipality=GM0193&find=zw&title=IJssel")
    query = "municipality=GM0150&amp;municipality=GM0193&amp;title=IJssel"
    page = answer.text
    assert answer.status_code == 200
    assert f'href="http://localhost{path}?{query}"' in page and f'href="{other}?{query}"' in page
    assert f'href="{path}.csv?{query}"' in page and f'href="{path}.nl.csv?{query}"' in page
    assert page.count("checked") == 2 and "Zwartewaterland" in page and "Amsterdam" not in page
    assert not runs_script(page) and "style=" not in page and "<h2" in page
    assert release_of(portal).release_id in page[page.index("<blockquote>") :]


def test_all_municipalities_can_be_ticked_by_province(portal: Datasette) -> None:
    page = ask(portal, "/eigen-regio").text
    assert page.count('type="checkbox"') == 342 and page.count("<details>") == 12


def test_the_file_to_keep_is_read_by_an_installation(portal: Datasette, tmp_path: Path) -> None:
    title = 'Regio "Noord, Oost" & co'
    page = ask(portal, "/eigen-regio", params={"municipality": ["GM0193", "GM0150"], "title": title}).text
    shown = re.search(r'<pre class="selection"[^>]*><code>(.*?)</code>', page, re.DOTALL)
    name = re.search(r"selections/([a-z0-9-]+\.csv)", page)
    assert shown is not None and name is not None
    (tmp_path / name[1]).write_text(html.unescape(shown[1]), encoding="utf-8")
    found = read_selections(tmp_path).members
    assert [(m.municipality_code, m.name) for m in found] == [("GM0150", title), ("GM0193", title)]


def test_a_hundred_municipalities_are_answered_and_more_refused(portal: Datasette) -> None:
    codes = members(portal, "NL01")[:101]
    assert len(codes) == 101
    assert len(read(portal, codes[:100])) > 100
    answer = ask(portal, "/eigen-regio", params={"municipality": codes})
    assert answer.status_code == 400 and "101" in answer.text


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("municipality=GM0193&colour=red", "colour"),
        ("municipality=GM9999", "GM9999"),
        ("municipality=AM11", "AM11"),
        ("municipality=GM0788", "Oisterwijk (GM0824), Vught (GM0865), Boxtel (GM0757), Tilburg (GM0855)"),
        ("municipality=GM0193&title=" + "x" * 81, "80"),
    ],
)
def test_a_mistake_is_told_on_the_page_and_in_the_file(portal: Datasette, query: str, told: str) -> None:
    for path in ("/eigen-regio", "/en/own-region"):
        page, file = ask(portal, f"{path}?{query}"), ask(portal, f"{path}.csv?{query}")
        assert page.status_code == file.status_code == 400
        assert 'role="alert"' in page.text and told in page.text and told in file.text
    assert ask(portal, "/eigen-regio.csv").status_code == 400


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("/eigen-regio", "Appingedam (GM0003) bestaat niet meer; Eemsdelta (GM1979), waarin zij is opgegaan, telt"),
        (
            "/en/own-region",
            "Appingedam (GM0003) no longer exists. Eemsdelta (GM1979), which it became part of, is included",
        ),
    ],
)
def test_the_heir_takes_the_place_of_a_code_that_ended_and_the_page_says_so(
    portal: Datasette, path: str, told: str
) -> None:
    page = ask(portal, f"{path}?municipality=GM0003&municipality=GM0024&municipality=GM0037").text
    assert told in page and "Loppersum" in page and page.count("checked") == 2
    # The permanent address is that of the municipalities that count.
    assert f'href="http://localhost{path}?municipality=GM0037&amp;municipality=GM1979"' in page
    assert "bestaat niet meer" not in page if path.startswith("/en") else "no longer exists" not in page
    assert read(portal, ["GM0003", "GM0024", "GM0037"]) == read(portal, ["GM1979", "GM0037"])


def test_without_codes_that_ended_nothing_is_said_of_them(portal: Datasette) -> None:
    assert "no longer exists" not in ask(portal, "/en/own-region?municipality=GM1979").text
