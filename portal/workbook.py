"""Sheets as an Excel file: numbers as numbers, a frozen header, the same bytes for the same release."""

import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import xlsxwriter

SheetCell = str | float | None
# The characters that the name of a sheet cannot have, those that it cannot begin or end with, and its maximum length.
REFUSED = re.compile(r"[\[\]:*?/\\]")
ENDS = " '"
MAX_NAME = 31
# A file without a date gets its time of creation, which would make every file different.
NO_DATE = datetime(2000, 1, 1)
WIDEST, NARROWEST = 60, 9
# Text stays text, even if it looks like a formula or an address.
OPTIONS = {"in_memory": True, "constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}


@dataclass(frozen=True)
class SheetRow:
    """The cells of a row; `decimals` are those of its numbers: of all of them, or of each cell."""

    cells: Sequence[SheetCell]
    decimals: int | Sequence[int] = 0

    def decimals_of(self, column: int) -> int:
        """How many decimals a number in a column has."""
        return self.decimals if isinstance(self.decimals, int) else self.decimals[column]


@dataclass(frozen=True)
class BookSheet:
    """A sheet: lines to read first, and a table below them of which the first `labels` columns are texts."""

    title: str
    lines: Sequence[str]
    header: Sequence[str]
    rows: Sequence[SheetRow]
    labels: int


@dataclass(frozen=True)
class Book:
    """The sheets of a file, and what the file says of itself."""

    title: str
    release: str
    notice: str
    created: str | None
    sheets: Sequence[BookSheet]


def workbook_bytes(book: Book) -> bytes:
    """Returns the sheets as XLSX."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, OPTIONS) as file:
        file.set_properties(
            {
                "title": book.title,
                "subject": book.release,
                "comments": book.notice,
                "created": datetime.fromisoformat(book.created).replace(tzinfo=None) if book.created else NO_DATE,
            }
        )
        formats = _Formats(file)
        for sheet in book.sheets:
            _write_sheet(file.add_worksheet(sheet_name(sheet.title)), sheet, [book.title, book.notice], formats)
    return out.getvalue()


def sheet_name(title: str) -> str:
    """Returns a title as a sheet can have it for a name."""
    return REFUSED.sub(" ", title)[:MAX_NAME].strip(ENDS)


class _Formats:
    """The formats of cells; those of numbers by their decimals."""

    def __init__(self, file: Any) -> None:
        self._file, self._numbers = file, dict[int, Any]()
        self.bold = file.add_format({"bold": True})
        self.header = file.add_format({"bold": True, "text_wrap": True, "valign": "top", "bottom": 1})

    def number(self, decimals: int) -> Any:
        if decimals not in self._numbers:
            places = "." + "0" * decimals if decimals else ""
            self._numbers[decimals] = self._file.add_format({"num_format": f"#,##0{places}"})
        return self._numbers[decimals]


def _write_sheet(page: Any, sheet: BookSheet, above: Sequence[str], formats: _Formats) -> None:
    lines = [*filter(None, above), *sheet.lines]
    # A line of air above the header.
    top = len(lines) + 1
    page.freeze_panes(top + 1, min(sheet.labels, len(sheet.header) - 1))
    page.autofilter(top, 0, top + len(sheet.rows), len(sheet.header) - 1)
    page.set_landscape()
    page.repeat_rows(top)
    page.fit_to_pages(1, 0)
    for column, head in enumerate(sheet.header):
        page.set_column(column, column, _width(head, sheet.rows, column))
    for number, line in enumerate(lines):
        page.write_string(number, 0, line, formats.bold if number == 0 else None)
    for column, head in enumerate(sheet.header):
        page.write_string(top, column, head, formats.header)
    for number, row in enumerate(sheet.rows, start=top + 1):
        for column, cell in enumerate(row.cells):
            _write_cell(page, number, column, cell, formats.number(row.decimals_of(column)))


def _width(head: str, rows: Sequence[SheetRow], column: int) -> int:
    texts = [row.cells[column] for row in rows]
    longest = max((len(text) for text in texts if isinstance(text, str)), default=0)
    # A header goes over more lines, but no word of it is broken.
    word = max(map(len, head.split()), default=0)
    return min(WIDEST, max(NARROWEST, longest, word) + 2)


def _write_cell(page: Any, row: int, column: int, cell: SheetCell, number: Any) -> None:
    if isinstance(cell, str):
        page.write_string(row, column, cell)
    elif cell is not None:
        page.write_number(row, column, cell, number)
