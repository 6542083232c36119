"""The periods of a release, from its table `periods`: their days, and the years that they are in."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

WHOLE_YEAR = "year"
# The kinds of period for which a flow can be related to a stock.
ANNUAL = (WHOLE_YEAR, "school_year")


@dataclass(frozen=True, slots=True)
class Period:
    """A row of the table; the days of a period may be unknown."""

    period_code: str
    year: int
    year_part: str
    kind: str
    start_date: date | None = None
    end_date: date | None = None


class Calendar:
    """The periods of a release by code; nothing is known about a code that is not in it."""

    def __init__(self, rows: Iterable[Mapping[str, Any]]) -> None:
        self._periods = {row["period_code"]: _period(row) for row in rows}
        self._codes = {(period.year, period.year_part): code for code, period in self._periods.items()}
        self._whole_years = {p.year: code for code, p in self._periods.items() if p.kind == WHOLE_YEAR}

    def find(self, period_code: str) -> Period | None:
        """Returns what is known about a period."""
        return self._periods.get(period_code)

    def first_day(self, period_code: str) -> date:
        """Returns the first day of a period, or of its year if the days of the period are unknown."""
        period = self._periods.get(period_code)
        if period is None:
            return date.min
        return period.start_date or date(period.year, 1, 1)

    def order(self, period_code: str) -> tuple[date, str]:
        """Returns the key that sorts periods chronologically."""
        return self.first_day(period_code), period_code

    def year_of(self, period_code: str) -> int | None:
        """Returns the year of a period."""
        period = self._periods.get(period_code)
        return period.year if period else None

    def is_whole_year(self, period_code: str) -> bool:
        """Whether a period is a calendar year rather than a part of one."""
        period = self._periods.get(period_code)
        return period is not None and period.kind == WHOLE_YEAR

    def kind_of(self, period_code: str) -> str | None:
        """Returns the kind of a period: year, quarter, month."""
        period = self._periods.get(period_code)
        return period.kind if period else None

    def is_annual(self, period_code: str) -> bool:
        """Whether a period is a year long."""
        period = self._periods.get(period_code)
        return period is not None and period.kind in ANNUAL

    def whole_year(self, period_code: str) -> str | None:
        """Returns the calendar year that a period is in, if the release has it."""
        period = self._periods.get(period_code)
        return self._whole_years.get(period.year) if period else None

    def years_before(self, period_code: str, years: int) -> str | None:
        """Returns the same period a number of years earlier, if the release has it: for a quarter, a quarter."""
        period = self._periods.get(period_code)
        return self._codes.get((period.year - years, period.year_part)) if period else None


def is_broken(breaks: Collection[date], earlier: date, later: date) -> bool:
    """Whether a series that breaks on some days does so between the first days of two periods."""
    return any(earlier < day <= later for day in breaks)


def series_begin(figures: Iterable[tuple[date, float | None]], breaks: Collection[date]) -> list[bool]:
    """Returns whether a new series begins with each figure: whether it broke since the figure before.

    Args:
        figures: the first day of each period, in order, with its figure; a period without one begins nothing.
        breaks: the days on which the series breaks.
    """
    begun, before = [], None
    for day, value in figures:
        begun.append(value is not None and before is not None and is_broken(breaks, before, day))
        before = before if value is None else day
    return begun


def _period(row: Mapping[str, Any]) -> Period:
    days = (date.fromisoformat(row[name]) if row[name] else None for name in ("start_date", "end_date"))
    return Period(row["period_code"], row["year"], row["year_part"], row["kind"], *days)
