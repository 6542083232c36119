"""Two runs on real figures, of which the source changed one in between: what it was stays there to be found."""

import csv
import io
from pathlib import Path

import duckdb
import pytest
from conftest import BECAME, WAS, Run
from datasette.app import Datasette
from support import current_release, digests, query, run_cli
from support_portal import fetch, open_portal, runs_script

from portal.revisions import changes_of, history_of

pytestmark = pytest.mark.standin
VALUES = "select indicator_id, region_code, period_code, value, value_status from observations"


@pytest.fixture(scope="module")
def data(news_run: Run) -> Path:
    """A data folder after a second live run, before which CBS changed the establishments of Amsterdam."""
    return news_run.data


@pytest.fixture(scope="module")
def portal(data: Path) -> Datasette:
    return open_portal(current_release(data))


def test_the_changes_are_those_that_two_databases_show(data: Path, live_run: Run) -> None:
    changes = changes_of(current_release(data))
    assert changes is not None and changes.older == live_run.release.name
    before, after = (set(query(release, VALUES)) for release in (live_run.release, current_release(data)))
    assert before != after
    figures = f"from read_parquet('{changes.path}') where boundary_year is null"
    key = "indicator_id, region_code, period_code"
    olds = f"select {key}, value_before, status_before {figures} and change <> 'added'"
    news = f"select {key}, value_after, status_after {figures} and change <> 'removed'"
    assert set(duckdb.sql(olds).fetchall()) == before - after
    assert set(duckdb.sql(news).fetchall()) == after - before


def test_what_a_figure_was_and_when_it_changed_can_be_found(data: Path, live_run: Run) -> None:
    (period,) = {
        period
        for (period,) in query(
            live_run.release,
            "select max(period_code) from observations where indicator_id = 'establishments_count'"
            " and region_code = 'GM0363' and value = ?",
            WAS,
        )
    }
    (change,) = history_of(current_release(data), "establishments_count", "GM0363", period)
    assert (change["value_before"], change["value_after"]) == (WAS, BECAME)
    assert change["release_before"] == live_run.release.name and change["release_id"] == current_release(data).name
    assert change["cause"] == "source_revised"


def test_the_older_release_is_untouched(data: Path, live_run: Run) -> None:
    assert digests(data / "releases" / live_run.release.name) == digests(live_run.release)


def test_the_page_shows_the_figure_as_it_was_and_as_it_is(data: Path, portal: Datasette) -> None:
    for path, was, became in (
        ("/wijzigingen", "216.360", "216.365"),
        ("/en/changes", "216,360", "216,365"),
    ):
        page = fetch(portal, f"{path}?indicator=establishments_count&region=amsterdam").text
        assert f"<strong>{was}</strong>" in page and f"<strong>{became}</strong>" in page
        assert current_release(data).name in page


def test_the_file_of_the_page_holds_every_change_that_was_asked_for(data: Path, portal: Datasette) -> None:
    changes = changes_of(current_release(data))
    assert changes is not None
    count = duckdb.sql(f"select count(*) from read_parquet('{changes.path}') where boundary_year is null").fetchall()
    rows = list(csv.DictReader(io.StringIO(fetch(portal, "/wijzigingen.csv").text)))
    assert len(rows) == count[0][0]
    amsterdam = fetch(portal, "/wijzigingen.nl.csv?indicator=establishments_count&region=GM0363").text
    assert amsterdam.startswith("\ufeff") and ";216360;216365;5;" in amsterdam


def test_the_command_line_prints_the_change(data: Path, live_run: Run) -> None:
    one = ("--indicator", "establishments_count", "--region", "GM0363")
    newest = run_cli("diff", *one, data=data)
    assert newest.code == 0, newest.err
    assert "216,360" in newest.out and "216,365" in newest.out and live_run.release.name in newest.out
    # The other way round is worked out, and leaves nothing behind.
    before = digests(data / "releases" / "changes")
    back = run_cli("diff", current_release(data).name, live_run.release.name, *one, data=data)
    assert back.code == 0 and back.out.index("216,365") < back.out.index("216,360")
    assert digests(data / "releases" / "changes") == before
    unknown = run_cli("diff", "nothing", data=data)
    assert unknown.code == 1 and "there is no release nothing -> use one of" in unknown.errors[0]


def test_the_first_release_says_that_it_is_the_first(live_run: Run) -> None:
    first = run_cli("diff", data=live_run.data)
    assert first.code == 0 and "first release" in first.out


@pytest.mark.parametrize(
    "asked",
    [
        "region=nergenshuizen",
        "region=%25",
        "boundary_year=9999999999999",
        "boundary_year=%C2%B2",
        "indicator=nothing",
        "change=%3Cscript%3E",
    ],
)
def test_a_strange_question_finds_nothing_or_everything_and_never_fails(portal: Datasette, asked: str) -> None:
    page = fetch(portal, f"/wijzigingen?{asked}").text
    assert not runs_script(page) and "style=" not in page
    fetch(portal, f"/wijzigingen.csv?{asked}")
