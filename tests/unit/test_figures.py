"""The figures of a region are put together from rows alone."""

from typing import Any

from portal.charts import Point
from portal.figures import figures_of, newest, source_ids, through_years
from portal.formats import keep_together

INDICATORS: dict[str, dict[str, Any]] = {
    "jobs": {"dataset_id": "cbs/1", "numerator": None, "denominator": None},
    "people": {"dataset_id": "cbs/2", "numerator": None, "denominator": None},
    "jobs_growth": {"dataset_id": None, "numerator": "jobs", "denominator": None},
    "jobs_rate": {"dataset_id": None, "numerator": "jobs_growth + jobs", "denominator": "people"},
    "support": {"dataset_id": None, "numerator": None, "denominator": None},
}


def row(period: str, value: float | None, status: str = "final", **more: Any) -> dict[str, Any]:
    given = {"indicator_id": "jobs", "period_code": period, "year": int(period[:4]), "value": value}
    return {**given, "value_status": status, "is_over": True, "boundary_method": "published", **more}


def test_what_is_computed_has_the_sources_of_its_parts_each_once() -> None:
    assert source_ids("jobs", INDICATORS) == ["cbs/1"]
    assert source_ids("jobs_rate", INDICATORS) == ["cbs/1", "cbs/2"]
    assert source_ids("support", INDICATORS) == []


def test_the_newest_figure_has_a_number_and_a_year_goes_before_its_months() -> None:
    rows = [row("2024JJ00", 1.0), row("2025JJ00", 2.0), row("2025MM11", 3.0), row("2026JJ00", None, "missing")]
    assert newest(rows) == rows[1]
    assert newest(rows[3:]) is None
    assert newest([*rows, row("2026JJ00", 4.0, "provisional", is_over=False)]) == rows[1]


def test_a_chart_is_of_whole_years_with_those_that_are_missing() -> None:
    rows = [row("2024JJ00", None, "missing"), row("2025JJ00", 2.0, "provisional"), row("2025MM11", 3.0)]
    rows.append(row("2026JJ00", 1.0, "provisional", is_over=False))
    assert through_years(rows) == [Point(2024, None, "missing"), Point(2025, 2.0, "provisional")]


def test_the_baseline_decides_which_period_is_shown_where_it_has_a_figure() -> None:
    rows = [row("2024JJ00", 1.0), row("2025JJ00", 2.0)]
    sources = {"cbs/1": {"dataset_id": "cbs/1"}}
    peers = [{"indicator_id": "jobs", "peer_group": "all", "rank": 3}]
    found = figures_of(rows, {"jobs": rows[0]}, peers, INDICATORS, sources)["jobs"]
    assert (found.period_code, found.value, found.peers["all"]["rank"]) == ("2024JJ00", 1.0, 3)
    assert figures_of(rows, {"jobs": row("2026JJ00", None)}, [], INDICATORS, sources)["jobs"].value == 2.0
    assert figures_of([row("2024JJ00", None)], {}, [], INDICATORS, sources) == {}


def test_a_thousand_does_not_break_over_two_lines() -> None:
    assert keep_together("per 1 000 inwoners van 15") == "per 1\N{NO-BREAK SPACE}000 inwoners van 15"
    assert keep_together("in 5 jaar, 12 3456") == "in 5 jaar, 12 3456"
