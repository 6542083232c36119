"""What a period is: a year and a part of it as CBS writes them, `2026KW03`, or a day, `20260830`.

The kinds and their numbering are in the seed `period_kinds`, which dbt reads too.
"""

import calendar
import re
from collections.abc import Iterable
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator

from pipelines.seeds import SEEDS, KnownPeriodStatus, PeriodKind, read_seed

EXAMPLES = "2026JJ00, 2026KW03, 2026MM08 or 20260830"
# CBS goes back to the first censuses; a number outside these years is not a year.
_YEARS = range(1795, 2200)
_CODE = re.compile(r"(?P<year>[0-9]{4})(?P<letters>[A-Z][A-Z0-9])(?P<number>[0-9]{2})")
_DAY = re.compile(r"(?P<year>[0-9]{4})(?P<month>[0-9]{2})(?P<day>[0-9]{2})")
_WEEKS = {"week": 1, "four_weeks": 4}


@cache
def period_kinds() -> tuple[PeriodKind, ...]:
    """Every kind of period except days, in the order of the seed."""
    return tuple(read_seed(PeriodKind))


def period_statuses(seeds: Path = SEEDS) -> list[str]:
    """The statuses that the seed `period_status` gives a meaning, as CBS words them."""
    return [row.period_status for row in read_seed(KnownPeriodStatus, seeds)]


def letters_of(code: str) -> str:
    """The two characters that give the kind of a period; none for a day."""
    return "" if code[4:].isdigit() else code[4:6]


def year_of(code: str) -> int:
    """The year of a period."""
    return int(code[:4])


def part_of(code: str) -> str:
    """What follows the year in the code of a period."""
    return code[4:]


def number_of(code: str) -> int:
    """The number of a period among those of its kind in its year; for a day, the day of the month."""
    return int(code[6:])


def kind_of(code: str) -> str | None:
    """The name of the kind of a period; None if it is not a period."""
    if _DAY.fullmatch(code):
        return "day"
    kind = _kind_of(code)
    return kind.kind if kind else None


def code_of(year: int, letters: str, number: int) -> str:
    """The code of a period: `2026KW03`."""
    return f"{year}{letters}{number:02}"


def whole_year(year: int) -> str:
    """The code of a calendar year."""
    return code_of(year, "JJ", 0)


@cache
def is_period(code: str) -> bool:
    """Whether a code stands for a possible period: there is no 13th month and no 30th of February."""
    if day := _DAY.fullmatch(code):
        return _day(day) is not None
    kind = _kind_of(code)
    if kind is None:
        return False
    # The 53rd week of a year is what is left of it after the 52nd; in some years nothing is.
    return kind.kind != "week" or _monday(year_of(code), number_of(code)).year <= year_of(code)


def period_days(code: str) -> tuple[date, date] | None:
    """The first and the last day of a period; None where they do not follow from its code, or it is not a period.

    CBS cuts weeks off at the ends of a year: what comes before the first Monday belongs to week 1 or to no week.
    """
    if not is_period(code):
        return None
    if found := _DAY.fullmatch(code):
        day = _day(found)
        return (day, day) if day else None
    kind, year, number = _kind_of(code), year_of(code), number_of(code)
    if kind is None or not (kind.months or kind.kind in _WEEKS):
        return None
    if kind.months:
        last = year * 12 + kind.start_month + kind.months - 2
        return date(year, kind.start_month, 1), _month_end(last // 12, last % 12 + 1)
    weeks = _WEEKS[kind.kind]
    first = _monday(year, weeks * (number - 1) + 1)
    return max(first, date(year, 1, 1)), min(first + timedelta(days=7 * weeks - 1), date(year, 12, 31))


def period_end(code: str) -> date | None:
    """The last day of a period, where it is known."""
    days = period_days(code)
    return days[1] if days else None


def is_over(code: str, day: date, *, is_on_first_day: bool = False) -> bool:
    """Whether figures for a period can be complete on a day: its last day has come, or its first for a count on it.

    A period whose days are not known is over unless its year has not begun.
    """
    days = period_days(code)
    if days is None:
        return has_begun(code, day)
    return (days[0] if is_on_first_day else days[1]) <= day


def has_begun(code: str, day: date) -> bool:
    """Whether a period has begun on a day; where its days are not known, whether its year has."""
    days = period_days(code)
    return (days[0] if days else date(year_of(code), 1, 1)) <= day


def newest_period(codes: Iterable[str]) -> str | None:
    """The period that ends last, since periods of several kinds do not sort by their code; None if there are none.

    One without a last day is the newest only where no other has one.
    """
    return max(codes, key=lambda code: (period_end(code) or date.min, code), default=None)


def _checked_code(code: str) -> str:
    if not is_period(code):
        raise ValueError(f"it is not a period, expected one such as {EXAMPLES}")
    return code


def _checked_letters(letters: str) -> str:
    known = list(dict.fromkeys(kind.letters for kind in period_kinds()))
    if letters not in known:
        raise ValueError(f"it is not a kind of period, expected one of {', '.join(known)}")
    return letters


def _checked_status(status: str) -> str:
    if status not in (known := period_statuses()):
        raise ValueError(f"it is not a status of a period, expected one of {', '.join(known)}")
    return status


PeriodCode = Annotated[str, AfterValidator(_checked_code)]
PeriodLetters = Annotated[str, AfterValidator(_checked_letters)]
PeriodStatus = Annotated[str, AfterValidator(_checked_status)]


def _kind_of(code: str) -> PeriodKind | None:
    found = _CODE.fullmatch(code)
    if found is None or int(found["year"]) not in _YEARS:
        return None
    number = int(found["number"])
    return next((k for k in period_kinds() if k.letters == found["letters"] and number in k.numbers), None)


def _day(found: re.Match[str]) -> date | None:
    try:
        day = date(int(found["year"]), int(found["month"]), int(found["day"]))
    except ValueError:
        return None
    return day if day.year in _YEARS else None


def _monday(year: int, week: int) -> date:
    """The Monday of a week as ISO 8601 counts them; also of the week after the last."""
    return date.fromisocalendar(year, 1, 1) + timedelta(weeks=week - 1)


def _month_end(year: int, month: int) -> date:
    return date(year, month, calendar.monthrange(year, month)[1])
