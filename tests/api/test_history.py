"""What changed between releases, as a database of the portal: tables, facets, CSV and SQL, under the limits of all."""

import csv
import io
import os
import shutil
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from datasette.app import Datasette
from support_portal import ask, fetch, open_portal, release_of
from support_releases import BEFORE, EARLIER, REVISED

from portal.revisions import COLUMNS, HISTORY, REVISIONS
from portal.serving.lanes import is_question

TABLE = f"/{HISTORY}/{REVISIONS}"
NAMES = [column.name for column in COLUMNS]


@pytest.fixture(scope="module")
def revised(revised_release: Any) -> Datasette:
    return open_portal(revised_release)


def rows_of(portal: Datasette, path: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = fetch(portal, path).json()
    return found


def sql(portal: Datasette, text: str) -> Any:
    return ask(portal, f"/{HISTORY}.json?sql={quote(text)}&_shape=array")


def test_it_has_what_the_api_has(revised: Datasette) -> None:
    rows = rows_of(revised, f"{TABLE}.json?_shape=array")
    items = fetch(revised, "/v1/figure-changes").json()["items"]
    # As published, and on the boundaries of a year.
    assert [list(row.values()) for row in rows] == [list(item.values())[: len(NAMES)] for item in items]
    assert len(rows) == 2 and all(list(row) == NAMES for row in rows)
    for row in rows:
        key = tuple(row[name] for name in ("indicator_id", "region_code", "period_code"))
        assert (key, row["value_before"], row["status_before"], row["release_before"]) == (REVISED, *BEFORE, EARLIER)
        assert row["cause"] and row["release_id"] == release_of(revised).release_id


def test_its_columns_terms_and_notice_are_told(revised: Datasette) -> None:
    for path in (f"/{HISTORY}", TABLE):
        page = fetch(revised, path).text
        assert (
            "Verzonnen voorbeeldcijfers" in page and "/regiokompas/sources" in page and "per bron / by source" in page
        )
    page = fetch(revised, TABLE).text
    assert all(column.en in page and column.nl in page for column in COLUMNS)
    assert "x-regiokompas-notice" in fetch(revised, f"{TABLE}.csv").headers


def test_facets_filters_and_csv(revised: Datasette) -> None:
    facets = rows_of(revised, f"{TABLE}.json?_facet=cause&_size=0")["facet_results"]  # type: ignore[call-overload]
    assert {*facets} >= {"change", "cause", "release_id"} and facets["cause"]["results"]
    for path in (f"{TABLE}.csv", f"{TABLE}.csv?_stream=on"):
        header, row, _ = csv.reader(io.StringIO(fetch(revised, path).text))
        assert header == [*NAMES, "notice"] and row[NAMES.index("region_code")] == REVISED[1]
    assert rows_of(revised, f"{TABLE}.json?region_code=GM0363&_shape=array") == []


def test_sql_reads_it_beside_the_release(revised: Datasette) -> None:
    joined = "select title_en, value_before from revisions join indicators using (indicator_id)"
    row, other = sql(revised, joined).json()
    assert row == other and row["value_before"] == BEFORE[0] and row["title_en"]


@pytest.mark.parametrize(
    "text",
    [
        "attach 'x.db' as x",
        "select zeroblob(10000000)",
        "select sql from sqlite_stmt",
        "delete from revisions",
        "delete from release.indicators",
        "with recursive n(i) as (select 1 union all select i + 1 from n) select sum(i) from n",
    ],
)
def test_it_has_the_limits_of_the_release(revised: Datasette, text: str) -> None:
    assert sql(revised, text).status_code == 400
    assert not any(row["file"] for row in sql(revised, "select file from pragma_database_list").json())


@pytest.mark.parametrize("query", ["_sort=nope", "_facet=nope", "nope=1", "_timelimit=x"])
def test_parameters_that_mean_nothing_are_refused(revised: Datasette, query: str) -> None:
    assert ask(revised, f"{TABLE}.json?{query}").status_code == 400


@pytest.mark.parametrize("path", [f"/{HISTORY}", f"{TABLE}.json", f"{TABLE}.csv", f"/release/a{TABLE}"])
def test_it_is_asked_in_the_lanes_of_questions(path: str) -> None:
    assert is_question({"type": "http", "method": "GET", "path": path})


def test_it_is_there_below_the_address_of_its_release(revised: Datasette) -> None:
    path = f"/release/{release_of(revised).release_id}{TABLE}.json?_shape=array"
    assert rows_of(revised, path) == rows_of(revised, f"{TABLE}.json?_shape=array")


def test_the_page_of_changes_and_that_of_data_lead_to_it(revised: Datasette) -> None:
    for page in ("/wijzigingen", "/en/changes", "/gegevens", "/en/data"):
        assert f'href="{TABLE}"' in fetch(revised, page).text


def test_without_it_the_release_is_served(sample_release: Path, tmp_path: Path) -> None:
    alone = open_portal(
        shutil.copytree(sample_release, tmp_path / sample_release.resolve().name, copy_function=os.link)
    )
    assert ask(alone, TABLE).status_code == 404 and f'href="{TABLE}"' not in fetch(alone, "/gegevens").text
    assert ask(alone, f"{TABLE}.json?_sort=change").status_code == 404
