"""Faults that people's files have, put one by one into the files of the sample: what a reader makes of each.

A mutation takes a small sound table and gives two files: one as it should be, and one with the fault in it. Read, the
second gives the figures of the first, or it is refused with the place and the reason. Anything else is a wrong figure.
"""

import csv
import io
import json
import re
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import openpyxl
import polars as pl
from openpyxl.worksheet.worksheet import Worksheet

from pipelines.clients import drop
from pipelines.errors import SourceError
from pipelines.reading.files.table_file import read_table
from pipelines.reading.postcodes import postcode_rows
from pipelines.reading.registers import register_rows, register_year
from pipelines.reading.small_tables import region_names
from pipelines.reading.tables import statistics_rows
from pipelines.reading.told_periods import refuse_other_period
from pipelines.sample.files import zipped
from pipelines.sample.serve_files import sheets_of
from pipelines.sample.sheets import in_file, layout_of
from pipelines.settings import CARDS
from pipelines.sources.access import FileAccess
from pipelines.sources.card import SourceCard, load_cards
from pipelines.sources.layout import NUMBERS, REGIONS, FileColumn, Reads
from pipelines.sources.units import is_count

MOST_ROWS = 24
PLACE = re.compile(r"\b(row|line|cell|cells|column|key|columns|sheet)\b")
SAME, REFUSED, NONE = "same figures", "refused", "-"
Pair = tuple[bytes, bytes]
Rows = list[list[Any]]


@dataclass(frozen=True)
class Grid:
    """A small table of a card: its header and rows, of which period, and the address that it comes from."""

    card: SourceCard
    header: list[str]
    rows: Rows
    period: str | None
    url: str

    @property
    def form(self) -> str:
        return layout_of(self.card).format

    def places(self, kinds: frozenset[Reads]) -> list[int]:
        """Where columns stand that read one of these."""
        columns = layout_of(self.card).columns
        return [i for i, name in enumerate(self.header) if name in columns and columns[name].reads in kinds]

    @property
    def free_texts(self) -> list[int]:
        """Where texts stand that may be any: no code that the card lists, no year and no postcode."""
        columns, dimensions = layout_of(self.card).columns, self.card.dimensions
        listed = {name for name, dimension in dimensions.items() if dimension.codes} | {"year", "postcode"}
        return [i for i in self.places(frozenset({Reads.TEXT})) if columns[self.header[i]].to not in listed]

    def column(self, place: int) -> FileColumn:
        return layout_of(self.card).columns[self.header[place]]

    @property
    def has_numbers(self) -> bool:
        """Whether it has a column of numbers; a table of cases that are counted can do without."""
        return bool(self.places(NUMBERS))

    @property
    def number(self) -> int:
        """Where the last column of numbers stands."""
        return self.places(NUMBERS)[-1]

    @property
    def text(self) -> int:
        """Where a text stands that is no key of a statistic if there is one."""
        return (self.places(frozenset({Reads.TEXT})) or self.places(REGIONS))[0]

    def with_cell(self, row: int, place: int, value: Any) -> "Grid":
        rows = deepcopy(self.rows)
        rows[row][place] = value
        return replace(self, rows=rows)

    def with_number(self, row: int, value: float) -> "Grid":
        """With a number in a cell, as the source writes it; as it is, where there are none."""
        if not self.has_numbers:
            return self
        reads = self.column(self.number).reads
        kept = in_file(value, reads, layout_of(self.card))
        # Without thousands, which is one way to read it.
        plain = f"{value:g}".replace(".", "," if reads is Reads.DUTCH_NUMBER else ".")
        return self.with_cell(row, self.number, plain if isinstance(kept, str) else kept)


def grids() -> Iterator[Grid]:
    """A small table of every card of the sample whose rows come in files or records."""
    for card in load_cards(CARDS).values():
        if card.layout:
            yield _grid(card)


def _grid(card: SourceCard) -> Grid:
    sheet = sheets_of(card)[-1]
    access = card.access[0]
    url = access.urls[-1] if isinstance(access, FileAccess) else "https://x/file"
    return Grid(
        card, sheet.header, sheet.rows[:MOST_ROWS], sheet.period, f"drop:{sheet.period}__x" if sheet.period else url
    )


def figures(grid: Grid, body: bytes) -> pl.DataFrame:
    """What the reader makes of a file, as a run reads it.

    Raises:
        SourceError: the file is refused.
    """
    card, url = grid.card, grid.url
    if card.places:
        with TemporaryDirectory() as work:
            addresses, tally = postcode_rows(card, layout_of(card), url, body, Path(work))
        if not tally.is_complete:
            raise SourceError(
                card.dataset_id, f"{tally.received} rows, of which {tally.kept} kept", todo="as a run says"
            )
        return addresses
    table = read_table(card.dataset_id, url, body, layout_of(card))
    assert table.tally.kept == table.frame.height and table.tally.is_complete
    if card.subsidy_register:
        if (year := register_year(card, url)) is not None:
            refuse_other_period(card.dataset_id, table.told, f"{year}JJ00", url)
        return register_rows(card, table.frame, url, table.letters).drop("row_number")
    period = drop.period_of(url) or card.only_period
    rows = statistics_rows(card, table.frame, region_names(), period, url, table.letters).observations
    if period:
        refuse_other_period(card.dataset_id, table.told, period, url)
    return rows


def outcome(grid: Grid, pair: Pair) -> tuple[str, str]:
    """What comes of a fault, and how it is told; a wrong figure is an error of the test."""
    expected = figures(grid, pair[0])
    try:
        found = figures(grid, pair[1])
    except SourceError as error:
        assert PLACE.search(error.problem), f"refused without a place: {error}"
        assert error.todo
        return REFUSED, error.problem
    order = [name for name in expected.columns if name not in ("value_text",)]
    assert found.sort(order).equals(expected.sort(order)), f"other figures, silently: {grid.card.dataset_id}"
    return SAME, ""


# Writing a table.


def body_of(grid: Grid, above: Rows | None = None, below: Rows | None = None) -> bytes:
    """The file of a table."""
    if grid.form == "json":
        return json.dumps([dict(zip(grid.header, row, strict=True)) for row in grid.rows]).encode()
    if grid.form == "csv":
        return packed(grid, text_of([*(above or []), grid.header, *grid.rows, *(below or [])]).encode())
    return saved(book(grid, above, below))


def text_of(rows: Rows) -> str:
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=";", lineterminator="\n").writerows(rows)
    return text.getvalue()


def packed(grid: Grid, body: bytes) -> bytes:
    """A CSV as it comes: in a zip where the card says so."""
    member = layout_of(grid.card).member
    return zipped({member.replace("*", "x"): body}) if member else body


def book(grid: Grid, above: Rows | None = None, below: Rows | None = None) -> openpyxl.Workbook:
    workbook = openpyxl.Workbook()
    sheet = workbook.worksheets[0]
    sheet.title = layout_of(grid.card).sheet or "Blad1"
    for row in [*(above or []), grid.header, *grid.rows, *(below or [])]:
        sheet.append([None if cell == "" else cell for cell in row])
    return workbook


def saved(workbook: openpyxl.Workbook) -> bytes:
    buffer = io.BytesIO()
    workbook.save(buffer)
    return buffer.getvalue()


def text_file(grid: Grid, change: Callable[[str], str]) -> Pair | None:
    """A CSV, and the same with its text changed."""
    if grid.form != "csv":
        return None
    text = text_of([grid.header, *grid.rows])
    changed = change(text)
    return (packed(grid, text.encode()), packed(grid, changed.encode())) if changed != text else None


def sheet(grid: Grid, change: Callable[[Worksheet], object], base: Grid | None = None) -> Pair | None:
    """A workbook, and the same with its sheet changed; row 1 is the header."""
    if grid.form != "xlsx":
        return None
    workbook = book(grid)
    change(workbook.worksheets[0])
    return body_of(base or grid), saved(workbook)


def lines(grid: Grid, more: Rows, at: int | None = None) -> Pair | None:
    """The table, and the same with rows put in that are no data, at the end or before a row."""
    at = len(grid.rows) if at is None else at
    if grid.form == "json" and any(len(row) != len(grid.header) for row in more):
        return None
    changed = replace(grid, rows=[*grid.rows[:at], *more, *grid.rows[at:]])
    return body_of(grid), body_of(changed)


def cell(grid: Grid, value: float, written: str) -> Pair:
    """The table with a number, and the same with that number written so."""
    right = grid.with_number(3, value)
    return body_of(right), body_of(right.with_cell(3, right.number, written))


@cache
def all_grids() -> dict[str, Grid]:
    return {grid.card.dataset_id: grid for grid in grids()}


def counts(grid: Grid) -> bool:
    """Whether the last column of numbers counts something."""
    code = grid.column(grid.number).to
    return any(m.code == code and is_count(m.unit or "") for m in grid.card.measures)


def blank_row(grid: Grid) -> list[Any]:
    return ["" if grid.form != "json" else None] * len(grid.header)
