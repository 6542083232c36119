"""Figures of before 2015 on the boundaries of now, in the sample: every merger, both divisions and the country."""

import csv
from collections import defaultdict

import pytest
from conftest import Run
from support import query

from pipelines.settings import DBT_PROJECT

INDICATOR = "establishments_count"
YEARS = range(2010, 2015)
CHANGES = list(csv.DictReader((DBT_PROJECT / "seeds" / "boundary_changes.csv").open(encoding="utf-8", newline="")))
DIVIDED = {row["old_code"] for row in CHANGES if row["kind"] == "split"}
Cell = tuple[float | None, str, str, int]


def now_of(code: str) -> set[str]:
    """The municipalities of 2026 that a municipality went to, by the seed alone."""
    heirs = [row["new_code"] for row in CHANGES if row["old_code"] == code]
    return set().union(*map(now_of, heirs)) if heirs else {code}


def published(run: Run, year: int) -> dict[str, float | None]:
    """The figure that the source gives for each municipality of a year; it lists others too, without a figure."""
    sql = (
        "select o.region_code, o.value from observations as o"
        " join region_membership as m on m.scheme = 'municipality' and m.municipality_code = o.region_code"
        " where o.indicator_id = ? and o.year = ? and ? between m.valid_from and coalesce(m.valid_to, '9999-12-31')"
    )
    return dict(query(run.release, sql, INDICATOR, year, f"{year}-01-01"))


def on_boundaries(run: Run, year: int) -> dict[str, Cell]:
    sql = (
        "select region_code, value, value_status, boundary_method, parts_count from observations_on_boundaries"
        " where indicator_id = ? and year = ? and boundary_year = 2026"
    )
    return {region: tuple(cell) for region, *cell in query(run.release, sql, INDICATOR, year)}  # type: ignore[misc] # the cells are of the query


@pytest.mark.parametrize(("year", "count"), list(zip(YEARS, (431, 418, 415, 408, 403), strict=True)))
def test_the_source_has_a_figure_for_every_municipality_of_then(sample_run: Run, year: int, count: int) -> None:
    assert len(published(sample_run, year)) == count


@pytest.mark.parametrize("year", YEARS)
def test_every_merger_is_the_sum_of_what_it_was_made_of(sample_run: Run, year: int) -> None:
    then, now = published(sample_run, year), on_boundaries(sample_run, year)
    parts: dict[str, list[str]] = defaultdict(list)
    for code in then:
        for heir in now_of(code):
            parts[heir].append(code)
    assert len(parts) == 342
    # Whoever was divided on the way makes an estimate of each of its heirs.
    for heir, codes in parts.items():
        value, status, method, count = now[heir]
        assert count == len(codes), heir
        if DIVIDED & set(codes):
            assert (status, method) == ("estimated", "split_estimate"), heir
        elif None in (figures := [then[code] for code in codes]):
            assert value is None, heir
        else:
            assert value == sum(figure for figure in figures if figure is not None), heir
            assert method == ("merged" if count > 1 else "published"), heir


@pytest.mark.parametrize("year", YEARS)
def test_nothing_of_the_country_is_lost_or_counted_twice(sample_run: Run, year: int) -> None:
    then, now = published(sample_run, year), on_boundaries(sample_run, year)
    total = sum(value for value in then.values() if value is not None)
    for scheme in ("GM", "PV", "CR", "LD", "AM", "NL"):
        cells = [cell for region, cell in now.items() if region.startswith(scheme) and region != "M50"]
        assert cells
        if all(value is not None for value, *_ in cells):
            assert sum(value or 0 for value, *_ in cells) == total, scheme
    assert sum(cell[0] or 0 for region, cell in now.items() if region.startswith("GM")) == total
    # Two islands have none in the first year, so that the country has none either.
    assert now["NL01"][0] == (None if None in then.values() else total)


def test_a_merger_worked_out_by_hand(sample_run: Run) -> None:
    """Medemblik took in Andijk and Wervershoof in 2011: 1,225 + 405 + 405 = 2,035."""
    then = published(sample_run, 2010)
    assert [then[code] for code in ("GM0420", "GM0364", "GM0459")] == [1225, 405, 405]
    assert on_boundaries(sample_run, 2010)["GM0420"] == (2035, "final", "merged", 3)


def test_a_division_worked_out_by_hand(sample_run: Run) -> None:
    """Heerenveen got 6,020 of the 19,510 inhabitants of Boarnsterhim and 615 of the 27,434 of Skarsterlân in 2014.

    Those are 0.308560 and 0.022417 of them: 0.308560 x 1,875 = 578.55, and 0.022417 x 455 = 10.2. With its own 1,535
    that makes 1,535 + 579 + 10 = 2,124. De Fryske Marren has the rest of Skarsterlân, the last 0.040133 of Boarnsterhim
    (1,875 - 1,800) and two whole ones: 445 + 75 + 455 + 455 = 1,430.
    """
    then, now = published(sample_run, 2013), on_boundaries(sample_run, 2013)
    assert [then[code] for code in ("GM0055", "GM0051", "GM0074", "GM0082", "GM0653")] == [1875, 455, 1535, 455, 455]
    assert now["GM0074"] == (2124, "estimated", "split_estimate", 3)
    assert now["GM1940"] == (1430, "estimated", "split_estimate", 4)
    # All heirs of Boarnsterhim are in Fryslân, so that of the province nothing is an estimate.
    assert now["PV21"][1:3] == ("final", "merged")
