"""The figures of a region are put together from rows alone."""

from datetime import date
from typing import Any

from support_periods import calendar_of

from portal.figures import Figure, figures_of, newest, through_years
from portal.formats import format_rank
from portal.series import of_year, runs

INDICATORS: dict[str, dict[str, Any]] = {"jobs": {"dataset_id": "cbs/1"}}
CALENDAR = calendar_of(["2024JJ00", "2025JJ00", "2025MM11", "2026JJ00"])


def row(period: str, value: float | None, status: str = "final", **more: Any) -> dict[str, Any]:
    given = {"indicator_id": "jobs", "period_code": period, "year": int(period[:4]), "value": value}
    return {**given, "value_status": status, "is_over": True, "boundary_method": "published", **more}


def test_the_newest_figure_has_a_number_and_a_year_goes_before_its_months() -> None:
    rows = [row("2024JJ00", 1.0), row("2025JJ00", 2.0), row("2025MM11", 3.0), row("2026JJ00", None, "missing")]
    assert newest(rows, CALENDAR) == rows[1]
    assert newest(rows[3:], CALENDAR) is None
    assert newest([*rows, row("2026JJ00", 4.0, "provisional", is_over=False)], CALENDAR) == rows[1]


def test_a_chart_is_of_whole_years_with_those_that_are_missing() -> None:
    rows = [row("2024JJ00", None, "missing"), row("2025JJ00", 2.0, "provisional"), row("2025MM11", 3.0)]
    rows.append(row("2026JJ00", 1.0, "provisional", is_over=False))
    assert through_years(rows, CALENDAR, ()) == [of_year(2024, None, "missing"), of_year(2025, 2.0, "provisional")]


def test_a_line_starts_anew_where_the_series_breaks() -> None:
    rows = [row("2025JJ00", 2.0), row("2024JJ00", 1.0)]
    broken = [of_year(2024, 1.0), of_year(2025, 2.0, is_break=True)]
    assert through_years(rows, CALENDAR, {date(2025, 1, 1)}) == broken
    assert runs(broken) == [[broken[0]], [broken[1]]]
    # A break before the first year or after the last leaves the line whole.
    for day in (date(2024, 1, 1), date(2026, 1, 1)):
        assert runs(through_years(rows, CALENDAR, {day})) == [[of_year(2024, 1.0), of_year(2025, 2.0)]]


def test_a_break_in_a_year_without_a_figure_is_that_of_the_next_figure() -> None:
    rows = [row("2024JJ00", 1.0), row("2025JJ00", None, "missing"), row("2026JJ00", 3.0)]
    found = through_years(rows, CALENDAR, {date(2025, 1, 1)})
    assert found == [of_year(2024, 1.0), of_year(2025, None, "missing"), of_year(2026, 3.0, is_break=True)]


def test_the_baseline_decides_which_period_is_shown_where_it_has_a_figure() -> None:
    rows = [row("2024JJ00", 1.0), row("2025JJ00", 2.0)]
    sources = [{"dataset_id": "cbs/1"}]

    def found_in(
        rows: list[dict[str, Any]], baseline: dict[str, Any], peers: list[dict[str, Any]]
    ) -> dict[str, Figure]:
        return figures_of(
            rows, baseline, peers, INDICATORS, lambda indicator_id: sources, lambda *figure: dict([figure]), CALENDAR
        )

    peers = [{"indicator_id": "jobs", "peer_group": "all", "rank": 3}]
    found = found_in(rows, {"jobs": rows[0]}, peers)["jobs"]
    assert (found.period_code, found.value, found.peers["all"]["rank"]) == ("2024JJ00", 1.0, 3)
    assert found.sources == sources
    # The country's figure is asked for the period that is shown.
    assert found.country == {"jobs": "2024JJ00"}
    assert found_in([], {"jobs": rows[0]}, [])["jobs"].value == 1.0
    assert found_in(rows, {"jobs": row("2026JJ00", None)}, [])["jobs"].value == 2.0
    assert found_in([row("2024JJ00", None)], {}, []) == {}


def test_a_place_is_counted_from_the_nearer_end() -> None:
    words = {
        "highest": {"nl": "hoogste van {count}", "en": "highest of {count}"},
        "lowest": {"nl": "laagste van {count}", "en": "lowest of {count}"},
        "nth_highest": {"nl": "{place} hoogste van {count}", "en": "{place} highest of {count}"},
        "nth_lowest": {"nl": "{place} laagste van {count}", "en": "{place} lowest of {count}"},
        "all_same": {"nl": "gelijk bij alle {count}", "en": "the same in all {count}"},
    }
    told = {
        (1, 342): "highest of 342",
        (342, 1): "lowest of 342",
        (2, 341): "2nd highest of 342",
        (309, 34): "34th lowest of 342",
        (11, 332): "11th highest of 342",
        (21, 322): "21st highest of 342",
        (171, 172): "171st highest of 342",
        # Three share the top, and all others are zero.
        (1, 340): "highest of 342",
        (4, 1): "lowest of 342",
        (1, 1): "the same in all 342",
    }
    assert {ranks: format_rank(*ranks, 342, words, "en") for ranks in told} == told
    assert format_rank(309, 34, 342, words, "nl") == "34e laagste van 342"
