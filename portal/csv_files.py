"""Rows as CSV: RFC 4180 for programs, and as Dutch Excel opens it."""

import csv
import io
from collections.abc import Iterable, Sequence

Cell = str | int | float | None
CONTENT_TYPE = "text/csv; charset=utf-8; header=present"
# What a spreadsheet takes for the start of a formula, also behind a space that it trims away.
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
# Above this a double no longer holds every whole number.
_EXACT = 2**53


def write_csv(columns: Sequence[str], rows: Iterable[Sequence[Cell]], dutch: bool = False) -> bytes:
    """Returns the file: UTF-8, or with semicolons, decimal commas and a byte order mark for Dutch Excel."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";" if dutch else ",", lineterminator="\r\n")
    writer.writerow(columns)
    writer.writerows([_written(cell, "," if dutch else ".") for cell in row] for row in rows)
    return text.getvalue().encode("utf-8-sig" if dutch else "utf-8")


def _written(cell: Cell, decimal_mark: str) -> str:
    if cell is None:
        return ""
    if isinstance(cell, str):
        return f"'{cell}" if cell.lstrip(" ").startswith(_FORMULA_STARTS) else cell
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < _EXACT:
        return str(int(cell))
    return str(cell).replace(".", decimal_mark)
