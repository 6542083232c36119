"""Which days a period has, from its code alone; what a code is, `pipelines/periods.py` says."""

from datetime import date, timedelta

_MONTHS = {"JJ": 12, "HJ": 6, "KW": 3, "MM": 1}
_WEEKS = {"W1": 1, "W4": 4}
# Behind the thirteenth four weeks come averages and weeks that are left over.
_MOST_WEEKS = 53


def days_of(period_code: str) -> tuple[date, date] | None:
    """Returns the first and the last day of a period, or None where they do not follow from its code."""
    year, letters = int(period_code[:4]), period_code[4:6]
    if period_code[4:].isdigit():
        day = date(year, int(letters), int(period_code[6:]))
        return day, day
    number = int(period_code[6:])
    if letters == "SJ":
        return date(year, 8, 1), date(year + 1, 7, 31)
    if months := _MONTHS.get(letters):
        before = months * max(number - 1, 0)
        return _first_of(year, before), _first_of(year, before + months) - timedelta(days=1)
    weeks = _WEEKS.get(letters)
    if weeks is None or weeks * number > _MOST_WEEKS:
        return None
    # CBS cuts weeks off at the ends of a year.
    monday = date.fromisocalendar(year, 1, 1) + timedelta(weeks=weeks * (number - 1))
    return max(monday, date(year, 1, 1)), min(monday + timedelta(days=7 * weeks - 1), date(year, 12, 31))


def first_day(period_code: str) -> date:
    """Returns the first day of a period; of one whose days are not known that of its year."""
    days = days_of(period_code)
    return days[0] if days else date(int(period_code[:4]), 1, 1)


def _first_of(year: int, months: int) -> date:
    """The first day of the month that many months into a year."""
    return date(year + months // 12, months % 12 + 1, 1)
