"""Writes numbers, sizes and periods for Dutch and English readers."""

import re
from collections.abc import Mapping

from portal.rounding import as_decimal

_DUTCH_MARKS = str.maketrans(",.", ".,")


def format_number(value: float | None, decimals: int, lang: str) -> str:
    """Returns a number as written in Dutch or English: 1.234,5 or 1,234.5; empty if there is none."""
    if value is None:
        return ""
    english = f"{as_decimal(value, decimals):,f}"
    return english if lang == "en" else english.translate(_DUTCH_MARKS)


def format_signed(value: float | None, decimals: int, lang: str) -> str:
    """Returns a change with its sign, a real minus instead of a hyphen; without a sign if it rounds to zero."""
    if value is None:
        return ""
    written = format_number(abs(value), decimals, lang)
    sign = "" if not re.search(r"[1-9]", written) else "+" if value > 0 else "\N{MINUS SIGN}"
    return sign + written


def format_bytes(count: int, lang: str) -> str:
    """Returns a file size in kB or MB, as written in the language."""
    return f"{format_number(count / 1e6, 1, lang)} MB" if count >= 1e6 else f"{max(1, round(count / 1e3))} kB"


def format_period(period_code: str | None, titles: Mapping[str, Mapping[str, str]], lang: str) -> str:
    """Returns a period in words: 2026, 2026/'27, 2e kwartaal 2026, week 32 2026, 30 maart 2021.

    `titles` has the titles of the periods of the release. A period without a title, such as that of a figure in an
    earlier release, stays as it is.
    """
    code = period_code or ""
    return titles[code][lang] if code in titles else code


def format_rank(from_high: int, from_low: int, count: int, words: Mapping[str, Mapping[str, str]], lang: str) -> str:
    """Returns a place among regions, counted from the nearer end: the same on every page.

    Args:
        from_high: the place from the highest figure.
        from_low: the place from the lowest.
        count: how many regions have a place.
        words: the texts `ranks`.
        lang: the language.
    """
    written = format_number(count, 0, lang)
    if from_high == from_low == 1:
        return words["all_same"][lang].format(count=written)
    is_high = from_high <= from_low
    place = from_high if is_high else from_low
    key = ("highest" if is_high else "lowest") if place == 1 else "nth_highest" if is_high else "nth_lowest"
    return words[key][lang].format(place=_ordinal(place, lang), count=written)


def _ordinal(number: int, lang: str) -> str:
    """A place as a short word: 2e in Dutch; 2nd, 11th or 21st in English."""
    if lang == "nl":
        return f"{number}e"
    ending = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"
