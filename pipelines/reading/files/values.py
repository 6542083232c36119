"""Readers of one cell of text: a number with its mark, a period or a region code, the same on every machine.

Each takes what people and publishers write in Dutch files and refuses, with a ValueError, what could mean two things.
"""

import math
import re
from collections.abc import Callable
from datetime import date
from functools import cache
from typing import NamedTuple

from pipelines.sources.periods import code_of, period_days, whole_year

ORDINARY = "None"
BLANK = "blank"

_MONTHS = ("jan", "feb", "mrt", "apr", "mei", "jun", "jul", "aug", "sep", "okt", "nov", "dec")
_FULL_MONTHS = (
    *("januari", "februari", "maart", "april", "mei", "juni", "juli"),
    *("augustus", "september", "oktober", "november", "december"),
)
_MONTH_NUMBERS = {name: i % 12 + 1 for i, name in enumerate((*_MONTHS, *_FULL_MONTHS))} | {"sept": 9}

_PLAIN = re.compile(r"-?[0-9]+(\.[0-9]+)?")
_MARKED = re.compile(r"(?P<number>.*[0-9])\s*(?P<mark>\*\*?)")
_PERCENT = re.compile(r"(?P<number>.*[0-9])\s*%")
_BELOW = re.compile(r"<\s*(?P<limit>5|10)")
_MARKS = {"*", "x", "-", "."}

_TIME = r"([T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]+)?)?(Z|[+-][0-9]{2}:?[0-9]{2})?)?"
_ISO_DAY = re.compile(rf"(?P<y>[0-9]{{4}})-(?P<m>[0-9]{{1,2}})-(?P<d>[0-9]{{1,2}}){_TIME}")
_DUTCH_DAY = re.compile(r"(?P<d>[0-9]{1,2})-(?P<m>[0-9]{1,2})-(?P<y>[0-9]{4})")
_SLASHED_DAY = re.compile(r"(?P<a>[0-9]{1,2})/(?P<b>[0-9]{1,2})/(?P<y>[0-9]{4})")
_WRITTEN_DAY = re.compile(r"(?P<d>[0-9]{1,2}) (?P<name>[a-z]+)\.? (?P<y>[0-9]{4})")
_MONTH_FORMS = [
    re.compile(form)
    for form in (
        r"(?P<name>[a-z]+)\.?[ -](?P<y>[0-9]{4})",
        r"(?P<y>[0-9]{4})[ -](?P<name>[a-z]+)\.?",
        r"(?P<y>[0-9]{4})-(?P<m>[0-9]{1,2})",
        r"(?P<y>[0-9]{4})(mm)?(?P<m>[0-9]{2})",
    )
]
_QUARTER_FORMS = [
    re.compile(form)
    for form in (
        r"(?P<y>[0-9]{4})[ -]?[qk](?P<q>[1-4])",
        r"[qk](?P<q>[1-4])[ -](?P<y>[0-9]{4})",
        r"(?P<q>[1-4])(e|de|ste)? kwartaal (?P<y>[0-9]{4})",
        r"(?P<y>[0-9]{4}) (?P<q>[1-4])(e|de|ste)? kwartaal",
        r"kwartaal (?P<q>[1-4]) (?P<y>[0-9]{4})",
        r"(?P<y>[0-9]{4})kw0(?P<q>[1-4])",
    )
]
_YEAR = re.compile(r"(?P<y>[0-9]{4})(jj00)?")
_OTHER_REGION = re.compile(r"(?!GM)[A-Z]{2}[0-9]{2,8}")


class Cell(NamedTuple):
    """The number in a cell, if there is one, and its mark: `None` for an ordinary number, as with CBS."""

    value: float | None
    mark: str


class Signs(NamedTuple):
    """The thousands separator of a number, empty where it has none, and its decimal separator."""

    thousands: str
    decimal: str


PLAIN = Signs("", ".")
DUTCH = Signs(".", ",")


def read_number(text: str) -> Cell:
    """Read a number with a decimal point and no thousands separator, or a mark.

    Raises:
        ValueError: it is neither.
    """
    return _read_cell(text, _plain_number, "a number such as 1234.5")


def read_dutch_number(text: str) -> Cell:
    """Read a number as written in Dutch, such as `1.234,5`, `€ 15.000` or `EUR 15.000,-`, or a mark.

    A point only separates thousands, in groups of three, so `1.5` and `0.500` are refused, as are `1,234.5` and `12-`.

    Raises:
        ValueError: it is neither, or could mean two things.
    """
    return read_signed_number(text, DUTCH)


def read_signed_number(text: str, signs: Signs) -> Cell:
    """Read a number with these separators, also with a currency as in `read_dutch_number`, or a mark.

    Thousands are separated everywhere, in groups of three, or nowhere.

    Raises:
        ValueError: it is neither, or could mean two things.
    """
    return _read_cell(text, lambda cell: _signed_number(cell, signs), f"a number such as {_example(signs)}")


def _read_cell(text: str, number: Callable[[str], float | None], expected: str) -> Cell:
    cell = text.strip()
    if not cell:
        return Cell(None, BLANK)
    if cell.casefold() in _MARKS:
        return Cell(None, cell.casefold())
    if below := _BELOW.fullmatch(cell):
        return Cell(None, f"<{below['limit']}")
    marked = _MARKED.fullmatch(cell)
    value = number(marked["number"].rstrip() if marked else cell)
    # A string of digits longer than any figure is not a figure, and would become infinite.
    if value is None or not math.isfinite(value):
        if (percent := _PERCENT.fullmatch(cell)) and (part := number(percent["number"].rstrip())) is not None:
            raise ValueError(f"{text!r} is not {expected}: as a percentage it could be {part:g} or {part / 100:g}")
        raise ValueError(f"{text!r} is not {expected}, nor one of the marks * x - . <5 <10 or a blank")
    return Cell(value, marked["mark"] if marked else ORDINARY)


def _plain_number(text: str) -> float | None:
    return float(text) if _PLAIN.fullmatch(text) else None


def _signed_number(text: str, signs: Signs) -> float | None:
    # The sign may be before the currency or after it, not both.
    found = re.fullmatch(r"(?P<before>-?)\s*(?:(?:€|EUR)\s*)?(?P<after>-?)(?P<digits>[0-9.,' \xa0\u202f-]+)", text)
    if not found or (found["before"] and found["after"]):
        return None
    digits = _form(signs).fullmatch(found["digits"])
    if not digits:
        return None
    part = (digits["part"] or "").strip("-")
    sign = found["before"] or found["after"]
    return float(f"{sign}{re.sub('[^0-9]', '', digits['whole'])}.{part or '0'}")


@cache
def _form(signs: Signs) -> re.Pattern[str]:
    # A no-break space is a space.
    thousands = "[ \xa0\u202f]" if signs.thousands == " " else re.escape(signs.thousands)
    grouped = rf"[1-9][0-9]{{0,2}}({thousands}[0-9]{{3}})+|" if signs.thousands else ""
    return re.compile(rf"(?P<whole>{grouped}[0-9]+)({re.escape(signs.decimal)}(?P<part>[0-9]+|--?))?")


def _example(signs: Signs) -> str:
    return f"1{signs.thousands}234{signs.decimal}5"


def read_day(text: str) -> str:
    """Read a day, such as `2020-01-07`, `07-01-2020` or `7 januari 2020`, as `20200107`.

    Raises:
        ValueError: it is not a day, or could be another one, such as `01/07/2020`.
    """
    cell = _folded(text)
    for form in (_ISO_DAY, _DUTCH_DAY, _WRITTEN_DAY):
        if found := form.fullmatch(cell.upper() if form is _ISO_DAY else cell):
            parts = found.groupdict()
            month = _month(parts)
            if month and _is_year(parts["y"]) and _is_date(int(parts["y"]), month, int(parts["d"])):
                return f"{parts['y']}{month:02}{int(parts['d']):02}"
    raise ValueError(f"{text!r} is not a day such as 2020-01-07, 07-01-2020 or 7 januari 2020")


def read_month(text: str) -> str:
    """Read a month, such as `mrt 2024`, `2026 Juni`, `2024-03` or `2024-03-01`, as `2024MM03`.

    A day is taken for a month only when it is the first, which is how spreadsheets store months.

    Raises:
        ValueError: it is not a month.
    """
    cell = _folded(text)
    for form in _MONTH_FORMS:
        if found := form.fullmatch(cell):
            month = _month(found.groupdict())
            if month and _is_year(found["y"]):
                return code_of(int(found["y"]), "MM", month)
    if _ISO_DAY.fullmatch(cell.upper()) and (days := period_days(read_day(cell))) and days[0].day == 1:
        return code_of(days[0].year, "MM", days[0].month)
    raise ValueError(f"{text!r} is not a month such as mrt 2024, 2024 maart or 2024-03")


def read_quarter(text: str) -> str:
    """Read a quarter, such as `2020 Q1`, `4e kwartaal 2022` or `2022KW04`, as `2022KW04`.

    Raises:
        ValueError: it is not a quarter.
    """
    cell = _folded(text)
    for form in _QUARTER_FORMS:
        if (found := form.fullmatch(cell)) and _is_year(found["y"]):
            return code_of(int(found["y"]), "KW", int(found["q"]))
    raise ValueError(f"{text!r} is not a quarter such as 2022 Q4, 4e kwartaal 2022 or 2022KW04")


def read_year(text: str) -> str:
    """Read a year, `2016` or `2016JJ00`, as `2016JJ00`.

    Raises:
        ValueError: it is not a year.
    """
    found = _YEAR.fullmatch(_folded(text))
    if found and _is_year(found["y"]):
        return whole_year(int(found["y"]))
    raise ValueError(f"{text!r} is not a year such as 2016")


def read_year_of_day(text: str) -> str:
    """Read the year of a day, such as `2016JJ00` of `2016-01-07`; also of `01/07/2016`, whose day is not certain.

    Raises:
        ValueError: it is not a day.
    """
    found = _SLASHED_DAY.fullmatch(_folded(text))
    if not found:
        return whole_year(int(read_day(text)[:4]))
    year, first, second = int(found["y"]), int(found["a"]), int(found["b"])
    if _is_year(found["y"]) and (_is_date(year, first, second) or _is_date(year, second, first)):
        return whole_year(year)
    raise ValueError(f"{text!r} is not a day such as 2020-01-07, 07-01-2020 or 07/01/2020")


def read_region_code(text: str) -> str:
    """Read a region code: `GM0014`, `gm0014`, `0014` or `14` is a municipality, `PV20` or `NL01` stays what it is.

    Raises:
        ValueError: it is not a region code.
    """
    code = text.strip().upper()
    digits = code.removeprefix("GM") if re.fullmatch(r"GM[0-9]{4}", code) else code
    if re.fullmatch(r"[0-9]{1,4}", digits) and int(digits):
        return f"GM{digits:0>4}"
    if _OTHER_REGION.fullmatch(code):
        return code
    raise ValueError(f"{text!r} is not a region code such as GM0014, 0014 or PV20")


def month_number(name: str) -> int | None:
    """The number of a month by its Dutch name, in full or abbreviated; None if it is not one."""
    return _MONTH_NUMBERS.get(_folded(name).removesuffix("."))


def _folded(text: str) -> str:
    return " ".join(text.split()).casefold()


def _month(parts: dict[str, str]) -> int | None:
    if name := parts.get("name"):
        return _MONTH_NUMBERS.get(name)
    number = int(parts["m"])
    return number if 1 <= number <= 12 else None


def _is_year(text: str) -> bool:
    return 1900 <= int(text) <= 2100


def _is_date(year: int, month: int, day: int) -> bool:
    try:
        date(year, month, day)
    except ValueError:
        return False
    return True
