"""Workbooks: the values of a sheet, with what its XML says about them."""

import io
from collections.abc import Mapping, Sequence
from typing import Any

from python_calamine import CalamineError, CalamineWorkbook

from pipelines.errors import shown
from pipelines.reading.files.cells import HEADER_WITHIN, frame_of, is_real, text_of, told_above
from pipelines.reading.files.sheet_facts import SheetFacts, column_letters, refuse_huge, sheet_facts
from pipelines.reading.files.table_columns import ROW, TableOrigin, header_at, joined, no_header, places_of
from pipelines.reading.files.table_rows import FileTable, Source, Told, data_rows
from pipelines.sources.layout import NUMBERS, FileColumn, TableLayout, fold

SheetCells = list[list[Any]]


def read_workbook(origin: TableOrigin, body: bytes, layout: TableLayout) -> FileTable:
    """Read a workbook as `read_table` does.

    Raises:
        SourceError: the workbook is not what the layout says, or something in it could mean two things.
    """
    refuse_huge(origin, body)
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(body))
        sheets = [name for name in book.sheet_names if layout.sheet is None or fold(name) == fold(layout.sheet)]
        if len(sheets) != 1:
            wanted = f"one sheet {layout.sheet!r}" if layout.sheet else "only one sheet"
            raise origin.error(
                f"the sheets are {shown(book.sheet_names)}, expected {wanted}", "set `sheet` on the card"
            )
        rows = book.get_sheet_by_name(sheets[0]).to_python(skip_empty_area=False)
    except (CalamineError, OSError, ValueError) as error:
        raise origin.broken("workbook", error) from None
    facts = sheet_facts(origin, body, sheets[0])
    return _read_sheet(origin, sheets[0], _with_trouble(rows, facts), facts, layout)


def _read_sheet(origin: TableOrigin, name: str, rows: SheetCells, facts: SheetFacts, layout: TableLayout) -> FileTable:
    head = [[text_of(cell, None) for cell in row] for row in rows[:HEADER_WITHIN]]
    start = header_at(head, layout)
    if start is None:
        raise no_header(origin, head, layout)
    below = start + layout.header_rows
    header = joined(head[start:below])
    places = _seen(origin, places_of(origin, header, layout), facts, layout)
    if layout.hidden == "leave_out":
        header = ["" if i in facts.hidden_columns else name for i, name in enumerate(header)]
        for row in rows[below:]:
            row[:] = ["" if i in facts.hidden_columns else cell for i, cell in enumerate(row)]
    columns = {place: layout.columns[key] for key, place in places.items()}
    _fill_merged(origin, rows, facts, below, columns)
    width = range(len(header))
    data: dict[str, Any] = {f"c{i}": [text_of(row[i], columns.get(i)) for row in rows[below:]] for i in width}
    for i, column in columns.items():
        if column.reads in NUMBERS:
            data[f"real{i}"] = [is_real(row[i]) for row in rows[below:]]
    told = (*told_above(head[:start]), Told("the name of the sheet", "", name))
    lazy = frame_of(data, below + 1).lazy()
    source = Source(lazy, header, below, hidden=facts.hidden_rows, letters=column_letters, told=told)
    table = data_rows(origin, source, layout)
    _refuse_trouble(origin, table, facts, columns)
    return table


def _with_trouble(rows: SheetCells, facts: SheetFacts) -> SheetCells:
    """The rows with the errors and formulas of cells without a value filled in, so that none looks blank."""
    width = max([*map(len, rows[:1]), *(column + 1 for _, column in facts.troubled)], default=0)
    height = max([len(rows), *(row for row, _ in facts.troubled)])
    whole = [[*row, *[""] * (width - len(row))] for row in rows]
    whole += [[""] * width for _ in range(height - len(rows))]
    for (row, column), text in facts.troubled.items():
        whole[row - 1][column] = text
    return whole


def _seen(origin: TableOrigin, places: dict[str, int], facts: SheetFacts, layout: TableLayout) -> dict[str, int]:
    """The columns that are read: hidden ones as the card says."""
    hidden = {key: place for key, place in places.items() if place in facts.hidden_columns}
    if hidden and layout.hidden is None:
        key, place = next(iter(hidden.items()))
        problem = f"column {key} ({column_letters(place)}) is hidden"
        raise origin.error(problem, "say in `layout`: `hidden: keep` or `hidden: leave_out`")
    return {key: place for key, place in places.items() if layout.hidden == "keep" or key not in hidden}


def _fill_merged(
    origin: TableOrigin, rows: SheetCells, facts: SheetFacts, below: int, columns: Mapping[int, FileColumn]
) -> None:
    """Give every cell of data the value of the cell that it is merged with; a number only belongs to its own cell."""
    data = [merged for merged in facts.merged if below < merged[0] <= len(rows)]
    numbers = {place for place, column in columns.items() if column.reads in NUMBERS}
    alone = {row for merged in data for row in _rows_of(merged, rows) if _filled(rows[row - 1]) <= 1}
    for top, left, bottom, right in data:
        value = rows[top - 1][left] if left < len(rows[top - 1]) else ""
        # A lone cell across the sheet is a heading or a note.
        if value in ("", None) or (top == bottom and top in alone):
            continue
        if numbers & set(range(left, right + 1)):
            cells = f"{column_letters(left)}{top}:{column_letters(right)}{bottom}"
            problem = f"the cells {cells} are merged and hold {value!r:.60}: which row it belongs to cannot be told"
            raise origin.error(problem, "split them at the source, and give each cell its own number")
        for row in _rows_of((top, left, bottom, right), rows):
            for column in range(left, min(right + 1, len(rows[row - 1]))):
                rows[row - 1][column] = value


def _filled(row: Sequence[object]) -> int:
    return sum(cell not in ("", None) for cell in row)


def _rows_of(merged: tuple[int, int, int, int], rows: SheetCells) -> range:
    return range(merged[0], min(merged[2], len(rows)) + 1)


def _refuse_trouble(
    origin: TableOrigin, table: FileTable, facts: SheetFacts, columns: Mapping[int, FileColumn]
) -> None:
    """Refuse data that no spreadsheet has calculated, that is an error, or that is shown as another number."""
    rows = {row: index for index, row in enumerate(table.frame[ROW])} if facts.troubled or facts.percent else {}
    for row, place in sorted(facts.troubled):
        if row in rows and place in columns:
            problem = f"cell {column_letters(place)}{row} has no value but {facts.troubled[row, place]!r:.80}"
            raise origin.error(problem, "open the file in a spreadsheet, recalculate it, and save it again")
    keys = {place: key for key in table.letters for place in columns if column_letters(place) == table.letters[key]}
    for row, place in sorted(facts.percent):
        if row in rows and place in columns and columns[place].reads in NUMBERS:
            text = table.frame[keys[place]][rows[row]]
            number = float(text.replace(",", "."))
            cell = f"cell {column_letters(place)}{row}, column {keys[place]},"
            problem = f"{cell} is shown as a percentage: {text!r} could be {number:g} or {number * 100:g}"
            raise origin.error(problem, "ask the source for the numbers as they are meant")
