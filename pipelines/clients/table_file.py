"""From the bytes of a file, or from records, to a frame of text with just the columns that a layout asks for."""

import codecs
import csv
import io
import json
import math
import re
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import reduce
from itertools import accumulate
from typing import Any

import polars as pl
from python_calamine import CalamineError, CalamineWorkbook

from pipelines.clients.table_columns import ROW, Origin, data_rows, fits, header_at, joined, no_header, places_of
from pipelines.errors import shown
from pipelines.layout import Reads, TableLayout, fold

_SEPARATORS = (";", ",", "\t")
_HEADER_WITHIN = 50
_HEAD_BYTES = 500_000
_CHUNK = 1_000_000
_MOST_BYTES = 4_000_000_000
_MOST_CELLS = 20_000_000
_PLACE = re.compile(rb"""\sr\s*=\s*["'](?P<column>[A-Z]*)(?P<row>[0-9]{1,20})["']""")


def read_table(dataset_id: str, url: str, body: bytes, layout: TableLayout) -> pl.DataFrame:
    """Read a file into a frame of text: one row a row of data, the columns named by the keys of `layout.columns`.

    Cells are as they stand in the file, a blank one is "". An optional column that is not there is not in the frame.
    The column `ROW` holds the number of the row in the file, as a spreadsheet counts it.

    Raises:
        SourceError: the file is not what the layout says; about columns it shows those expected and those found.
    """
    origin = Origin(dataset_id, url)
    if layout.member:
        body = _member(origin, layout.member, body)
    if layout.format == "json":
        return read_records(dataset_id, url, _records(origin, body), layout)
    return _read_csv(origin, body, layout) if layout.format == "csv" else _read_workbook(origin, body, layout)


def read_records(dataset_id: str, url: str, records: Sequence[Mapping[str, Any]], layout: TableLayout) -> pl.DataFrame:
    """Read records into a frame as `read_table` does; a key that a record lacks is a blank cell.

    Raises:
        SourceError: there are none, their keys are not what the layout says, or a value is a list or an object.
    """
    origin = Origin(dataset_id, url)
    if not records:
        raise origin.error("there are no records, expected at least one", "look at the source")
    header = list(dict.fromkeys(key for record in records for key in record))
    places = places_of(origin, header, layout)
    data: dict[str, Any] = {ROW: range(1, len(records) + 1)}
    for key, place in places.items():
        name, comma = header[place], layout.columns[key].reads is Reads.DUTCH_NUMBER
        try:
            data[key] = [_text(record.get(name), comma) for record in records]
        except TypeError as error:
            raise origin.error(f"key {name!r}: {error}", "put the key under `ignored`, or read another one") from None
    return pl.DataFrame(data, schema={ROW: pl.UInt32, **dict.fromkeys(places, pl.String)})


def _member(origin: Origin, pattern: str, body: bytes) -> bytes:
    with _opened(origin, "zip", body) as archive:
        files = [info for info in archive.infolist() if not info.is_dir()]
        fitting = [info for info in files if fits(info.filename, [pattern])]
        if len(fitting) != 1:
            names = shown(info.filename for info in files)
            raise origin.error(f"the zip holds {names}, expected one {pattern}", "set `member` on the card")
        if fitting[0].file_size > _MOST_BYTES:
            raise origin.error(f"{pattern} unzips to {fitting[0].file_size} bytes", "look at the file")
        return archive.read(fitting[0])


def _records(origin: Origin, body: bytes) -> list[dict[str, Any]]:
    try:
        found = json.loads(body.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise origin.broken("JSON", error) from None
    candidates = found.values() if isinstance(found, dict) else [found]
    lists = [value for value in candidates if isinstance(value, list)]
    if len(lists) != 1 or not all(isinstance(record, dict) for record in lists[0]):
        raise origin.error("expected a list of objects, or an object with one such list", "look at the file")
    return list(lists[0])


def _read_csv(origin: Origin, body: bytes, layout: TableLayout) -> pl.DataFrame:
    body = _utf8(origin, body)
    heads = {separator: _head(body, separator) for separator in _SEPARATORS}
    starts = {separator: header_at([row for _, row in head], layout) for separator, head in heads.items()}
    separator, start = next(((s, at) for s, at in starts.items() if at is not None), ("", 0))
    if not separator:
        raise no_header(origin, [row for head in heads.values() for _, row in head], layout)
    last = start + layout.header_rows - 1
    offset, last_row = heads[separator][last]
    header = joined([row for _, row in heads[separator][start : last + 1]])[: len(last_row)]
    table = body[offset:]
    if loose := _loose_quote(table, separator):
        problem = f"a quotation mark inside a cell is not doubled, near {loose!r}"
        raise origin.error(problem, "the rows cannot be told apart with certainty; ask the source for a sound file")
    # From the last row of the header on, which is left out again: a row of data wider than that row is then an error.
    lazy = pl.scan_csv(
        io.BytesIO(table),
        has_header=False,
        schema={f"c{i}": pl.String for i in range(len(header))},
        separator=separator,
        empty_string_is_null=False,
        row_index_name=ROW,
        row_index_offset=last + 1,
    )
    try:
        return data_rows(origin, lazy, last + 1, header, layout)
    except pl.exceptions.PolarsError as error:
        if number := _too_long(table, separator, len(header), last + 1):
            problem = f"row {number} has more cells than the {len(header)} of the header"
            raise origin.error(problem, "see whether a text with the separator in it lacks its quotes") from None
        raise origin.broken("CSV", error) from None


def _utf8(origin: Origin, body: bytes) -> bytes:
    """The body in UTF-8, without a byte order mark, and with newlines."""
    says_utf8 = body.startswith(codecs.BOM_UTF8)
    body = body.removeprefix(codecs.BOM_UTF8)
    try:
        # A part at a time: as one text, hundreds of megabytes would be in memory twice.
        decoder = codecs.getincrementaldecoder("utf-8")()
        for i in range(0, len(body), _CHUNK):
            decoder.decode(body[i : i + _CHUNK])
        decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        if says_utf8:
            raise origin.broken("CSV", error) from None
        body = _western(body).encode()
    if b"\n" not in body:
        body = body.replace(b"\r", b"\n")
    # Only of a line that ends is the width checked.
    return body if body.endswith(b"\n") else body + b"\n"


def _loose_quote(table: bytes, separator: str) -> str:
    """What stands around a quotation mark with text on both sides, which neither opens nor closes a cell."""
    other = rb'[^"\n\r' + separator.encode() + rb"]"
    found = re.search(rb'"(?=' + other + rb")(?<=" + other + rb'")', table)
    return table[max(found.start() - 20, 0) : found.start() + 20].decode("utf-8", "replace") if found else ""


def _western(body: bytes) -> str:
    try:
        return body.decode("cp1252")
    except UnicodeDecodeError:
        return body.decode("latin-1")


def _head(body: bytes, separator: str) -> list[tuple[int, list[str]]]:
    """The first rows of a CSV, each with where it begins."""
    lines = body[:_HEAD_BYTES].splitlines(keepends=True)
    begins = list(accumulate(map(len, lines), initial=0))
    reader = csv.reader((line.decode("utf-8", "ignore") for line in lines), delimiter=separator)
    head: list[tuple[int, list[str]]] = []
    try:
        for _ in range(_HEADER_WITHIN):
            begin = begins[reader.line_num]
            head.append((begin, next(reader)))
    except (csv.Error, StopIteration):
        pass
    return head


def _too_long(table: bytes, separator: str, width: int, first: int) -> int | None:
    text = io.TextIOWrapper(io.BytesIO(table), "utf-8", newline="")
    try:
        rows = enumerate(csv.reader(text, delimiter=separator), start=first)
        return next((number for number, row in rows if len(row) > width), None)
    except csv.Error:
        return None


def _read_workbook(origin: Origin, body: bytes, layout: TableLayout) -> pl.DataFrame:
    _refuse_huge(origin, body)
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
    head = [[_text(cell, comma=False) for cell in row] for row in rows[:_HEADER_WITHIN]]
    start = header_at(head, layout)
    if start is None:
        raise no_header(origin, head, layout)
    below = start + layout.header_rows
    header = joined(head[start:below])
    places = places_of(origin, header, layout)
    commas = {place for key, place in places.items() if layout.columns[key].reads is Reads.DUTCH_NUMBER}
    data = {f"c{i}": [_text(row[i], i in commas) for row in rows[below:]] for i in range(len(header))}
    frame = pl.DataFrame(data, schema=dict.fromkeys(data, pl.String)).with_row_index(ROW, below + 1)
    return data_rows(origin, frame.lazy(), below, header, layout)


def _refuse_huge(origin: Origin, body: bytes) -> None:
    """Refuse a sheet whose last cell lies so far off that the reader of workbooks would end the whole process."""
    with _opened(origin, "workbook", body) as archive:
        sheets = [info for info in archive.infolist() if fits(info.filename, ["xl/worksheets/*.xml"])]
        if not sheets or sum(info.file_size for info in archive.infolist()) > _MOST_BYTES:
            raise origin.error("it is no workbook of the form xlsx, or a far too big one", "look at the file")
        for info in sheets:
            rows = columns = 1
            for place in _PLACE.finditer(archive.read(info)):
                rows = max(rows, int(place["row"]))
                columns = max(columns, reduce(lambda number, letter: number * 26 + letter - 64, place["column"], 0))
            if rows * columns > _MOST_CELLS:
                raise origin.error(
                    f"{info.filename} has a cell in row {rows} and one in column {columns}",
                    "delete what stands far from the table, and save the workbook again",
                )


@contextmanager
def _opened(origin: Origin, what: str, body: bytes) -> Iterator[zipfile.ZipFile]:
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            yield archive
    # Of a broken archive, zipfile lets through whatever it stumbles over.
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, ValueError, LookupError) as error:
        raise origin.broken(what, error) from None


def _text(value: object, comma: bool) -> str:
    """A value as a person would type it; `comma` where a column holds numbers as they are written in Dutch."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and math.isfinite(value):
        # Never with an exponent, and 15000.0 as 15000.
        text = format(Decimal(repr(value)), "f").removesuffix(".0")
        return text.replace(".", ",") if comma else text
    if isinstance(value, datetime) and value.time() == time():
        return value.date().isoformat()
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, str | int | float | timedelta):
        return str(value)
    raise TypeError(f"it holds a {type(value).__name__}, expected a text or a number")
