"""Writes dates and ages in days for Dutch and English readers."""

import re
from collections.abc import Mapping

_UNITS = {
    "nl": {"running": "loopt nog", "days": "dagen", "day": "dag", "months": "maanden", "years": "jaar"},
    "en": {"running": "still running", "days": "days", "day": "day", "months": "months", "years": "years"},
}
_DAYS_IN_A_MONTH = 30.44
# Up to the first, an age is written in days; up to the second, in months.
_MOST_DAYS, _MOST_MONTHS = 60, 24
_DAY = re.compile(r"(\d{4})-(\d{2})-(\d{2})")


def format_age(days: int | None, lang: str) -> str:
    """Returns how long ago a period ended: 12 days, 10 months, 3 years; or that it is not over yet."""
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
    """Returns the date of a timestamp such as 2026-11-30T06:00 in words: 30 november 2026."""
    day = _DAY.match(moment or "")
    return f"{int(day[3])} {months[day[2]][lang]} {day[1]}" if day else moment or ""


def days_in_words(text: str, months: Mapping[str, Mapping[str, str]], lang: str) -> str:
    """Returns a text in which every date as programs write it is in words."""
    return _DAY.sub(lambda found: format_day(found[0], months, lang), text)
