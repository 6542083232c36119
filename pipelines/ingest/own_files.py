"""CSV files that people write themselves, with a spreadsheet: own regions and the targets of a plan.

Commas or semicolons, columns in any order, spaces and blank lines around. Anything else that is unexpected is told with
its line, what was expected and what to do.
"""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pipelines.errors import shown

_SPREADSHEETS = {".xlsx", ".xls", ".xlsm", ".ods", ".numbers"}


@dataclass(frozen=True)
class Layout:
    """The columns that a file can have, and how an error text names what is in it.

    Attributes:
        columns: every column.
        required: those that it must have.
        each: what a line holds, such as `a code`.
        below: what stands below the header, such as `the codes`.
    """

    columns: tuple[str, ...]
    required: tuple[str, ...]
    each: str
    below: str


@dataclass(frozen=True)
class OwnRow:
    """A row of a file as written, by column, and the line where it ends."""

    line: int
    cells: dict[str, str]


class Wrong(Exception):  # noqa: N818 # it never leaves this package: it becomes a line of what is told
    """An error in a file: where it is, what was expected and what to do."""

    def __init__(self, problem: str, line: int | None = None) -> None:
        super().__init__(f" line {line}: {problem}" if line else f": {problem}")
        self.problem = problem
        self.line = line


def is_own_file(path: Path) -> bool:
    """Whether somebody put a file there to be read: not a hidden file, nor the lock of an open spreadsheet."""
    return not path.name.startswith((".", "~")) and path.suffix.lower() in {".csv", *_SPREADSHEETS}


def refuse_spreadsheet(path: Path) -> None:
    """Refuse a file that has to be saved as CSV first.

    Raises:
        Wrong: it is a spreadsheet.
    """
    if path.suffix.lower() in _SPREADSHEETS:
        raise Wrong("found a spreadsheet, expected CSV -> save it as CSV UTF-8, and remove the spreadsheet")


def rows_in(body: bytes, layout: Layout) -> list[OwnRow]:
    """The rows below the header of a file.

    Raises:
        Wrong: it is not a CSV in UTF-8 with the columns of the layout.
    """
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = body[: error.start].count(b"\n") + 1
        raise Wrong(f"found {body[error.start : error.end]!r}, expected UTF-8 -> save it as CSV UTF-8", line) from None
    lines = list(_lines(text))
    if not lines:
        header = ",".join(layout.required)
        raise Wrong(
            f"the file is empty, expected the header {header} -> write it, and {layout.each} on each line below"
        )
    (at, header_cells), *rest = lines
    columns = _columns(at, header_cells, layout)
    return [_row(line, cells, columns) for line, cells in rest]


def _lines(text: str) -> Iterator[tuple[int, list[str]]]:
    """The lines that are not blank, each with its number and its cells, stripped of surrounding spaces."""
    first = next((line for line in text.splitlines() if line.strip()), "")
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=";" if ";" in first else ",", strict=True)
    try:
        for cells in reader:
            stripped = [cell.strip() for cell in cells]
            if any(stripped):
                yield reader.line_num, stripped
    except csv.Error as error:
        raise Wrong(f"it is not valid CSV ({error}) -> double the quotation marks in a text", reader.line_num) from None


def _columns(line: int, header: list[str], layout: Layout) -> list[str]:
    columns = [cell.casefold() for cell in header]
    while columns and not columns[-1]:
        columns.pop()
    is_now = f"the header is {shown(map(repr, header))}"
    if absent := [column for column in layout.required if column not in columns]:
        raise Wrong(f"{is_now}, expected {absent[0]} in it -> write that above {layout.below}", line)
    if unknown := [column for column in columns if column not in layout.columns]:
        raise Wrong(
            f"column {unknown[0]!r} is not known, expected {', '.join(layout.columns)} -> rename it or remove it", line
        )
    if len(set(columns)) < len(columns):
        raise Wrong(f"{is_now}, expected each column once -> remove the other", line)
    return columns


def _row(line: int, cells: list[str], columns: list[str]) -> OwnRow:
    if any(cells[len(columns) :]):
        extra = next(cell for cell in cells[len(columns) :] if cell)
        raise Wrong(
            f"found {extra!r} beyond the last column of the header, expected {len(columns)} cells"
            " -> put a text with the separator in it between quotation marks, or give the column its header",
            line,
        )
    return OwnRow(line, dict(zip(columns, cells, strict=False)))
