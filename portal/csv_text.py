"""Rows as CSV: RFC 4180 for programs, or with semicolons, a decimal comma and a byte order mark for Dutch Excel."""

import csv
import io
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

Row = dict[str, Any]

# A spreadsheet takes text that starts like this for a formula and runs it, also after a space, which it trims.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
MAY_BE_FORMULA = frozenset((" ", *FORMULA_STARTS))
# What the writer writes as it should be; most cells are of these or harmless text, and a file has many.
AS_IT_IS = (int, type(None))
BYTE_ORDER_MARK = "\ufeff"


def write_csv(rows: Iterable[Row], columns: Sequence[str], *, dutch: bool) -> str:
    """Returns rows as CSV with a header; an unknown value is an empty cell."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=";" if dutch else ",", lineterminator="\r\n")
    writer.writerow(columns)
    mark = "," if dutch else "."
    writer.writerows(
        [
            value
            if type(value) in AS_IT_IS or (type(value) is str and value[:1] not in MAY_BE_FORMULA)
            else _cell(value, mark)
            for value in map(row.get, columns)
        ]
        for row in rows
    )
    return (BYTE_ORDER_MARK if dutch else "") + text.getvalue()


def _cell(value: object, decimal_mark: str) -> str:
    if isinstance(value, str):
        return f"'{value}" if value.lstrip(" ").startswith(FORMULA_STARTS) else value
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        text = str(int(value)) if value.is_integer() else repr(value)
        # Without an exponent, which not every program reads as a number.
        return (f"{Decimal(text):f}" if "e" in text else text).replace(".", decimal_mark)
    return str(value)
