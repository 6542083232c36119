"""The numbers of one column, judged together: which separators they have, and what could be two numbers.

A cell such as `1,250` is 1.25 to one reader and 1250 to another, and nothing in it says which. Where the card says it
(`thousands`, `decimal`) there is one reading. Where it does not, these are refused:

- `1,250` in a column of Dutch numbers, and `1.250` in one with decimal points: a file exported with the settings of
  another country has a thousand written that way;
- `1.250` in a column of Dutch numbers in which other cells have decimals (`3,50`), while none shows that the point
  separates thousands (`1.234,50`, `1.234.567`); an amount with its currency never has three decimals, so it is a
  thousand;
- `1.250` as text among the real numbers of a workbook or of JSON, without a currency.
"""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import polars as pl

from pipelines.reading.files.values import DUTCH, PLAIN, Cell, Signs, read_number, read_signed_number
from pipelines.sources.layout import NUMBERS, FileColumn, Reads

_CURRENCY = "(?:(?:€|EUR)\\s*)?"
_AFTER = r"\s*\*{0,2}\s*$"
_COMMA_GROUP = rf"^\s*-?\s*{_CURRENCY}-?[1-9][0-9]{{0,2}},[0-9]{{3}}{_AFTER}"
_POINT_GROUP = rf"^\s*-?[1-9][0-9]{{0,2}}\.[0-9]{{3}}{_AFTER}"
_DECIMALS = rf"[0-9][.,](?:[0-9]{{1,2}}|[0-9]{{4,}}){_AFTER}"
_POINT_IS_THOUSANDS = r"[0-9]\.[0-9]{3}[.,]"


class TwoReadings(NamedTuple):
    """A cell that could be two numbers: its text and both of them."""

    text: str
    readings: tuple[float, float]

    def __str__(self) -> str:
        return f"{self.text!r}, which could be {self.readings[0]:.15g} or {self.readings[1]:.15g}"


def signs_of(column: FileColumn) -> Signs:
    """The separators that a card gives, or that follow from what it gives."""
    if column.decimal is None and column.thousands is None:
        return PLAIN if column.reads is Reads.NUMBER else DUTCH
    if column.decimal is None:
        other = {".": ",", ",": "."}
        usual = "," if column.reads is Reads.DUTCH_NUMBER else "."
        return Signs(column.thousands or "", other.get(column.thousands or "", usual))
    if column.thousands is None and column.reads is Reads.DUTCH_NUMBER:
        return Signs("." if column.decimal == "," else ",", column.decimal)
    return Signs(column.thousands or "", column.decimal)


def reader_of(column: FileColumn) -> Callable[[str], Cell] | None:
    """The reader of a column's cells, by what the card says about it; None where it is not a column of numbers."""
    if column.reads not in NUMBERS:
        return None
    signs = signs_of(column)
    return read_number if signs == PLAIN else partial(read_signed_number, signs=signs)


def written(value: str, column: FileColumn) -> str:
    """A real number, given with a decimal point, as the column writes it."""
    return value.replace(".", signs_of(column).decimal)


def two_readings(column: FileColumn, texts: pl.Series, *, has_real: bool = False) -> TwoReadings | None:
    """The first text of a column that could be two numbers; `has_real` where the column has real numbers too.

    What is not a number at all is left to its reader, which refuses it.
    """
    if column.thousands or column.decimal:
        return None
    if column.reads is Reads.NUMBER:
        return _first(texts, _POINT_GROUP, PLAIN)
    if found := _first(texts, _COMMA_GROUP, DUTCH):
        return found
    is_mixed = texts.str.contains(_DECIMALS).any() and not texts.str.contains(_POINT_IS_THOUSANDS).any()
    return _first(texts, _POINT_GROUP, DUTCH) if has_real or is_mixed else None


def _first(texts: pl.Series, pattern: str, signs: Signs) -> TwoReadings | None:
    fitting = texts.filter(texts.str.contains(pattern).fill_null(value=False))
    if fitting.is_empty():
        return None
    text = str(fitting[0])
    digits = "".join(sign for sign in text if sign in "-0123456789.,").replace(",", ".")
    with_decimals, whole = float(digits), float(digits.replace(".", ""))
    is_decimal = signs.decimal in text
    return TwoReadings(text, (with_decimals, whole) if is_decimal else (whole, with_decimals))
