"""How numbers, sizes and periods are written for a Dutch and an English reader."""

import re

SCHOOL_YEAR = "SJ00"


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


def format_period(period_code: str | None, kinds: dict[str, dict[str, str]], lang: str) -> str:
    """Returns a period as people write it: 2026, 2026/'27, 2e kwartaal 2026, week 32 2026, 30 maart 2021.

    One of no known kind stays as it is.

    `kinds` holds the titles of the seed of kinds of period, by the last four characters of a code.
    """
    year, suffix = (period_code or "")[:4], (period_code or "")[4:]
    if month := kinds.get(f"MM{suffix[:2]}") if suffix.isdigit() else None:
        return f"{int(suffix[2:])} {month[lang]} {year}"
    if suffix == SCHOOL_YEAR:
        return f"{year}/'{(int(year) + 1) % 100:02}"
    if suffix not in kinds:
        return period_code or ""
    return f"{kinds[suffix][lang]} {year}".strip()


def keep_together(text: str) -> str:
    """Returns text in which a number with a space in it, as in 1 000, does not break over two lines."""
    return re.sub(r"(?<=\d) (?=\d{3}\b)", "\N{NO-BREAK SPACE}", text)
