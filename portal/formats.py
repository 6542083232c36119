"""How numbers, sizes and periods are written for a Dutch and an English reader."""

import re
from collections.abc import Mapping


def format_number(value: float | None, decimals: int, lang: str) -> str:
    """Returns a number as a Dutch or an English reader writes it: 1.234,5 or 1,234.5; empty for no number."""
    if value is None:
        return ""
    english = f"{value:,.{decimals}f}"
    return english if lang == "en" else english.translate(str.maketrans(",.", ".,"))


def format_signed(value: float | None, decimals: int, lang: str) -> str:
    """Returns a change with its sign, a real minus and not a hyphen; none where it rounds to nothing."""
    if value is None:
        return ""
    written = format_number(abs(value), decimals, lang)
    sign = "" if not re.search(r"[1-9]", written) else "+" if value > 0 else "\N{MINUS SIGN}"
    return sign + written


def format_bytes(count: int, lang: str) -> str:
    """Returns a file size in kB or MB, as a reader of the language writes it."""
    return f"{format_number(count / 1e6, 1, lang)} MB" if count >= 1e6 else f"{max(1, round(count / 1e3))} kB"


def format_period(period_code: str | None, titles: Mapping[str, Mapping[str, str]], lang: str) -> str:
    """Returns a period as people write it: 2026, 2026/'27, 2e kwartaal 2026, week 32 2026, 30 maart 2021.

    One that the release has no title of, such as that of a figure which an earlier release had, stays as it is.

    `titles` holds the titles of the periods of the release.
    """
    code = period_code or ""
    return titles[code][lang] if code in titles else code


def keep_together(text: str) -> str:
    """Returns text in which a number with a space in it, as in 1 000, does not break over two lines."""
    return re.sub(r"(?<=\d) (?=\d{3}\b)", "\N{NO-BREAK SPACE}", text)
