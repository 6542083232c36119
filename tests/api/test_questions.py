"""Ready-made questions that compute a figure round it as everything else does: once, and a half away from zero."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any, cast

import pytest
from support import query

from pipelines.publish.queries import load_queries
from pipelines.settings import PORTAL
from portal.rounding import exact_sum, quotient_of, round_half_away

QUESTIONS = load_queries(PORTAL / "queries")
# The decimals of 1/16, 3/80 and 0.5/1,000 end in a five where they are cut off.
TIES = [(16, 1), (16, -1), (80, 3), (80, -3), (1000, 0.5), (7, 0), (8, -8), (0.3, 0.1), (1e6, 12345.67)]


def asked(database: Path | sqlite3.Connection, name: str, **parameters: Any) -> list[dict[str, Any]]:
    """The rows of an answer; a parameter that is not given has its default."""
    connection = database if isinstance(database, sqlite3.Connection) else sqlite3.connect(database)
    given = dict.fromkeys(cast(list[str], QUESTIONS[name]["params"]), "") | parameters
    connection.row_factory = sqlite3.Row
    found = [dict(row) for row in connection.execute(str(QUESTIONS[name]["sql"]), given)]
    if connection is not database:
        connection.close()
    return found


@pytest.fixture(scope="module")
def release(sample_release: Path) -> Path:
    return sample_release / "regiokompas.db"


@pytest.fixture
def small() -> Any:
    """A release of a few towns, with what two questions read."""
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.executescript(
            "create table observations (indicator_id, region_code, period_code, year, value real, value_status,"
            " is_over, origin_id, notice);"
            "create table regions (region_code, name, scheme); create table origins (origin_id, dataset_id);"
            "insert into origins values (1, 'cbs/1')"
        )
        yield connection


@pytest.mark.parametrize(("before", "more"), TIES)
def test_growth_of_a_half_is_rounded_away_from_zero(small: sqlite3.Connection, before: float, more: float) -> None:
    small.execute("insert into regions values ('GM0001', 'Town', 'municipality')")
    for year, value in ((2020, before), (2025, exact_sum([before, more]))):
        row = ("jobs", "GM0001", f"{year}JJ00", year, value, "final", 1, 1, None)
        small.execute("insert into observations values (?, ?, ?, ?, ?, ?, ?, ?, ?)", row)
    (row,) = asked(small, "growth_five_years", indicator="jobs")
    # Figures have two decimals at most.
    assert row["difference"] == round_half_away(more, 2)
    assert row["growth_pct"] == round_half_away(quotient_of(row["difference"], before, 100), 1)


@pytest.mark.parametrize(("people", "firms"), [(80_000, 1_004), (16_000, 5), (160, 33), (951_545, 216_360), (3, 0)])
def test_a_rate_of_a_half_is_rounded_up(small: sqlite3.Connection, people: float, firms: float) -> None:
    small.execute("insert into regions values ('GM0001', 'Town', 'municipality')")
    for indicator, value in (("establishments_count", firms), ("population_count", people)):
        row = (indicator, "GM0001", "2025JJ00", 2025, value, "final", 1, 1, None)
        small.execute("insert into observations values (?, ?, ?, ?, ?, ?, ?, ?, ?)", row)
    (row,) = asked(small, "establishments_per_inhabitant")
    assert row["per_1000_inhabitants"] == round_half_away(quotient_of(firms, people, 1000), 1)


def test_growth_in_a_release_is_that_of_its_figures(release: Path) -> None:
    for indicator in ("establishments_count", "land_area_km2"):
        rows = asked(release, "growth_five_years", indicator=indicator)
        assert len(rows) > 300
        for row in rows:
            assert row["difference"] == exact_sum([row["value_now"], -row["value_before"]])
            growth = quotient_of(row["difference"], row["value_before"], 100)
            assert row["growth_pct"] == round_half_away(growth, 1)


def test_shares_of_jobs_are_those_of_the_total(release: Path) -> None:
    rows = asked(release, "jobs_by_size_class")
    totals: dict[tuple[str, int], float] = {}
    for row in rows:
        table = row["dataset_id"], row["year"]
        totals[table] = max(totals.get(table, 0), row["jobs"])
    assert len(totals) > 5
    for row in rows:
        total = totals[row["dataset_id"], row["year"]]
        assert row["share_pct"] == round_half_away(quotient_of(row["jobs"], total, 100), 1)


def test_support_is_added_up_in_cents(release: Path) -> None:
    for row in asked(release, "support_for_entrepreneurs"):
        given = (row["region_code"], row["year"], row["scheme"], row["dataset_id"])
        sql = (
            "select amount_granted_eur from subsidies where is_support and not is_repeated and region_code = ?"
            " and year = ? and scheme = ? and dataset_id = ? and amount_granted_eur is not null"
        )
        amounts = [amount for (amount,) in query(release.parent, sql, *given)]
        assert row["granted_eur"] == (exact_sum(amounts) if amounts else None)


@pytest.mark.parametrize("indicator", ["population_count", "establishments_all_levels_count", "land_area_km2"])
@pytest.mark.parametrize("year", [2016, 2017, 2020])
def test_the_newest_boundaries_give_the_figures_of_the_release(release: Path, indicator: str, year: int) -> None:
    sql = (
        "select region_code, value, boundary_method from observations_on_boundaries"
        " where indicator_id = ? and period_code = ? and boundary_year = 2026 and value is not null"
    )
    published = {code: (value, method) for code, value, method in query(release.parent, sql, indicator, f"{year}JJ00")}
    asked_for = {"indicator": indicator, "period": f"{year}JJ00", "boundary_year": "2026"}
    rows = asked(release, "on_the_boundaries_of_a_year", **asked_for)
    assert len(rows) > 300 and {row["boundary_method"] for row in rows} >= {"merged", "split_estimate"}
    for row in rows:
        assert (row["value"], row["boundary_method"]) == published[row["region_code"]], row
