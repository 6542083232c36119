"""The figures of one region, assembled from the rows of a release: newest, through the years, compared with others."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from portal.csv_text import Row
from portal.formats import format_period
from portal.periods import Calendar, series_begin
from portal.series import Point, of_year

# A part of a municipality that was divided is estimated, whatever the status of the whole.
SPLIT = "split_estimate"
Titles = Mapping[str, Mapping[str, str]]


@dataclass(frozen=True)
class Figure:
    """An indicator in a region: its newest figure, what is known of its trend and rank, and that of the country.

    `country` is of the same period, or the newest there is; None where the two cannot be compared.
    """

    indicator: Row
    period_code: str
    value: float
    value_status: str
    boundary_method: str
    course: Row | None
    country: Row | None
    peers: Mapping[str, Row]
    sources: Sequence[Row]


def newest(rows: Iterable[Row], calendar: Calendar) -> Row | None:
    """Returns the row of the newest period with a number; a whole year takes precedence over its months and quarters.

    A period that was not over when its figure was fetched is never the newest.
    """
    known = [row for row in rows if row["value"] is not None and row["is_over"]]
    return max(
        known,
        key=lambda row: (row["year"], calendar.is_whole_year(row["period_code"]), row["period_code"]),
        default=None,
    )


def through_years(rows: Iterable[Row], calendar: Calendar, breaks: Collection[date]) -> list[Point]:
    """Returns the points of a chart: only whole years that are over, as shorter periods do not compare.

    `breaks` are the days on which the series breaks.
    """
    yearly = sorted(
        (row for row in rows if calendar.is_whole_year(row["period_code"]) and row["is_over"]),
        key=lambda row: calendar.order(row["period_code"]),
    )
    begun = series_begin(((calendar.first_day(row["period_code"]), row["value"]) for row in yearly), breaks)
    return [
        of_year(row["year"], row["value"], row["value_status"], is_break)
        for row, is_break in zip(yearly, begun, strict=True)
    ]


def through_time(
    rows: Iterable[Row], calendar: Calendar, breaks: Collection[date], kind: str, titles: Titles, lang: str
) -> list[Point]:
    """Returns the points of a chart of periods of one kind that are over, with their intervals, in order of time."""
    of_kind = sorted(
        (row for row in rows if row["is_over"] and calendar.kind_of(row["period_code"]) == kind),
        key=lambda row: calendar.order(row["period_code"]),
    )
    days = [calendar.first_day(row["period_code"]) for row in of_kind]
    begun = series_begin(((day, row["value"]) for day, row in zip(days, of_kind, strict=True)), breaks)
    return [
        Point(
            day,
            format_period(row["period_code"], titles, lang),
            row["value"],
            "estimated" if row["boundary_method"] == SPLIT else row["value_status"],
            is_break,
            row["lower"],
            row["upper"],
        )
        for row, day, is_break in zip(of_kind, days, begun, strict=True)
    ]


def figures_of(
    observations: Iterable[Row],
    baseline: Mapping[str, Row],
    peers: Iterable[Row],
    indicators: Mapping[str, Row],
    sources_of: Callable[[str], Sequence[Row]],
    country_of: Callable[[str, str], Row | None],
    calendar: Calendar,
) -> dict[str, Figure]:
    """Returns a figure for every indicator that has one in the region.

    Where the baseline has the region, it decides which period is the newest: its trend and ranks are of that period.
    Elsewhere the newest of the observations is.
    """
    by_indicator: dict[str, list[Row]] = {}
    for row in observations:
        by_indicator.setdefault(row["indicator_id"], []).append(row)
    groups: dict[str, dict[str, Row]] = {}
    for row in peers:
        groups.setdefault(row["indicator_id"], {})[row["peer_group"]] = row
    shown = {name: newest(rows, calendar) for name, rows in by_indicator.items()}
    shown |= {name: row for name, row in baseline.items() if row["value"] is not None}
    return {
        indicator_id: Figure(
            indicator=indicators[indicator_id],
            period_code=row["period_code"],
            value=row["value"],
            value_status=row["value_status"],
            boundary_method=row["boundary_method"],
            course=baseline.get(indicator_id),
            country=country_of(indicator_id, row["period_code"]),
            peers=groups.get(indicator_id, {}),
            sources=sources_of(indicator_id),
        )
        for indicator_id, row in shown.items()
        if row is not None
    }
