"""Cells as they come (text, a number or a day), as the text that a person would type."""

import math
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import polars as pl

from pipelines.reading.files.numbers import written
from pipelines.reading.files.table_columns import ROW
from pipelines.reading.files.table_rows import Told
from pipelines.sources.layout import NUMBERS, FileColumn

HEADER_WITHIN = 50
"""How far down to look for a header."""


def is_real(cell: object) -> bool:
    """Whether a cell is a number, not a text that looks like one."""
    return isinstance(cell, int | float) and not isinstance(cell, bool)


def frame_of(data: Mapping[str, Any], first: int) -> pl.DataFrame:
    """A frame of text, with truth values where it says that a number is real, and with row numbers."""
    schema = {name: pl.Boolean if name.startswith("real") else pl.String for name in data}
    return pl.DataFrame(data, schema=schema).with_row_index(ROW, first)


def told_above(rows: Sequence[Sequence[str]]) -> tuple[Told, ...]:
    """What is in the rows above a table."""
    return tuple(
        Told(f"row {number}", "", cell.strip()) for number, row in enumerate(rows, 1) for cell in row if cell.strip()
    )


def text_of(value: object, column: FileColumn | None) -> str:
    """A value as a person would type it into that column."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and math.isfinite(value):
        # Never with an exponent, and 15000.0 as 15000.
        text = format(Decimal(repr(value)), "f").removesuffix(".0")
        return written(text, column) if column and column.reads in NUMBERS else text
    if isinstance(value, datetime) and value.time() == time():
        return value.date().isoformat()
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, str | int | float | timedelta):
        return str(value)
    raise TypeError(f"it holds a {type(value).__name__}, expected a text or a number")
