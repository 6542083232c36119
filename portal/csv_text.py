"""Rows as CSV: RFC 4180 for programs, or with semicolons, a decimal comma and a byte order mark for Dutch Excel."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

Row = dict[str, Any]

# A spreadsheet takes text that starts like this for a formula and runs it, also after a space, which it trims.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
# What the writer writes as it should be.
AS_IT_IS: set[type] = {int, type(None)}
BYTE_ORDER_MARK = "\ufeff"


def write_csv(rows: Iterable[Row], columns: Sequence[str], *, dutch: bool) -> str:
    """Returns rows as CSV with a header; an unknown value is an empty cell."""
    given = list(rows)
    return write_columns({name: [row.get(name) for row in given] for name in columns}, dutch=dutch)


def write_columns(columns: Mapping[str, Sequence[Any]], *, dutch: bool) -> str:
    """Returns columns, all of one length, as CSV with a header; an unknown value is an empty cell."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=";" if dutch else ",", lineterminator="\r\n")
    writer.writerow(columns)
    mark = "," if dutch else "."
    writer.writerows(zip(*(_cells(values, mark) for values in columns.values()), strict=True))
    return (BYTE_ORDER_MARK if dutch else "") + text.getvalue()


def guarded(text: str) -> str:
    """Returns a text as a cell that no spreadsheet takes for a formula: with an apostrophe before what would be one."""
    return f"'{text}" if text.lstrip(" ").startswith(FORMULA_STARTS) else text


def _cells(values: Sequence[Any], decimal_mark: str) -> Sequence[Any]:
    """The cells of a column; every value is put into words once, as most columns repeat a few."""
    kinds: set[type] = set(map(type, values))
    if kinds <= AS_IT_IS:
        return values
    if len(kinds - AS_IT_IS) > 1 or bool in kinds:
        # In Python 1, 1.0 and true are equal.
        return [_cell(value, decimal_mark) for value in values]
    written = {value: _cell(value, decimal_mark) for value in set(values)}
    return [written[value] for value in values]


def _cell(value: object, decimal_mark: str) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return guarded(value)
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        text = str(int(value)) if value.is_integer() else repr(value)
        # Without an exponent, which not every program reads as a number.
        return (f"{Decimal(text):f}" if "e" in text else text).replace(".", decimal_mark)
    return str(value)
