"""How an age in days and a day are written for a Dutch and an English reader."""

import re
from collections.abc import Mapping

_UNITS = {
    "nl": {"running": "loopt nog", "days": "dagen", "day": "dag", "months": "maanden", "years": "jaar"},
    "en": {"running": "still running", "days": "days", "day": "day", "months": "months", "years": "years"},
}
_DAYS_IN_A_MONTH = 30.44
# Up to here days are counted, and up to the second months.
_MOST_DAYS, _MOST_MONTHS = 60, 24
_DAY = re.compile(r"(\d{4})-(\d{2})-(\d{2})")


def format_age(days: int | None, lang: str) -> str:
    """Returns how long ago a period ended: 12 days, 10 months, 3 years; a period may also not be over."""
    units = _UNITS[lang]
    if days is None:
        return ""
    if days < 0:
        return units["running"]
    if days <= _MOST_DAYS:
        return f"{days} {units['day' if days == 1 else 'days']}"
    months = round(days / _DAYS_IN_A_MONTH)
    return f"{months} {units['months']}" if months <= _MOST_MONTHS else f"{months // 12} {units['years']}"


def format_day(moment: str | None, months: Mapping[str, Mapping[str, str]], lang: str) -> str:
    """Returns the day of a moment such as 2026-11-30T06:00 as people write it: 30 november 2026."""
    day = _DAY.match(moment or "")
    return f"{int(day[3])} {months[day[2]][lang]} {day[1]}" if day else moment or ""
