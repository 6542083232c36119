"""Codes of every kind of period, for whoever has to read them all, and the calendar that a release has of some."""

from collections.abc import Iterable
from datetime import date, timedelta

from pipelines.sources.periods import kind_of, part_of, period_days, period_kinds, year_of
from portal.periods import Calendar

# They begin on every day of the week, with leap years among them, and one long ago.
YEARS = (1899, 1971, 1973, 1974, 2004, 2015, 2016, 2017, 2020, 2023, 2024, 2026)
NUMBERED = [f"{year}{kind.letters}{number:02}" for year in YEARS for kind in period_kinds() for number in kind.numbers]
"""Every number that a kind allows; of the 53rd weeks some cannot be."""
DAYS = [f"{date(year, 1, 1) + timedelta(days=days):%Y%m%d}" for year in YEARS for days in range(0, 365, 13)]
CODES = [*NUMBERED, *DAYS, "20240229"]


def calendar_of(codes: Iterable[str]) -> Calendar:
    """The calendar of a release that has these periods."""
    rows = []
    for code in codes:
        first, last = period_days(code) or (None, None)
        rows.append(
            {
                "period_code": code,
                "year": year_of(code),
                "year_part": part_of(code),
                "kind": kind_of(code),
                "start_date": first and first.isoformat(),
                "end_date": last and last.isoformat(),
            }
        )
    return Calendar(rows)
