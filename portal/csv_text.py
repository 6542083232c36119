"""Rows as CSV: RFC 4180 for programs, or with semicolons, a decimal comma and a byte order mark for Dutch Excel."""

import csv
import io
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

Row = dict[str, Any]

# A spreadsheet takes text that starts like this for a formula and runs it, also after a space, which it trims.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
BYTE_ORDER_MARK = "\ufeff"


def write_csv(rows: Iterable[Row], columns: Sequence[str], *, dutch: bool) -> str:
    """Returns rows as CSV with a header; an unknown value is an empty cell."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=";" if dutch else ",", lineterminator="\r\n")
    writer.writerow(columns)
    mark = "," if dutch else "."
    writer.writerows([_cell(row.get(column), mark) for column in columns] for row in rows)
    return (BYTE_ORDER_MARK if dutch else "") + text.getvalue()


def _cell(value: object, decimal_mark: str) -> str:
    if value is None:
        return ""
    # Most cells are text, and a file has many.
    if isinstance(value, str):
        return f"'{value}" if value.lstrip(" ")[:1] in FORMULA_STARTS else value
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        text = str(int(value)) if value.is_integer() else repr(value)
        # Without an exponent, which not every program reads as a number.
        return (f"{Decimal(text):f}" if "e" in text else text).replace(".", decimal_mark)
    return str(value)
