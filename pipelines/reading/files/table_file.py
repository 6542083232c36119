"""From the bytes of a file, or from records, to a frame of text with just the columns that a layout asks for."""

import csv
import io
from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import Any

import polars as pl

from pipelines.clients.budget import refuse_unpacking
from pipelines.clients.jsons import read_any
from pipelines.reading.files.cells import HEADER_WITHIN, frame_of, is_real, text_of, told_above
from pipelines.reading.files.csv_lines import check_lines
from pipelines.reading.files.sheet_facts import column_letters, member_of, opened
from pipelines.reading.files.table_columns import ROW, SEPARATORS, TableOrigin, header_at, joined, no_header, places_of
from pipelines.reading.files.table_rows import FileTable, Source, data_rows
from pipelines.reading.files.text_encoding import utf8
from pipelines.reading.files.workbook_file import read_workbook
from pipelines.sources.layout import NUMBERS, TableLayout

_HEAD_BYTES = 500_000


def read_table(dataset_id: str, url: str, body: bytes, layout: TableLayout) -> FileTable:
    """Read a file into a frame of text: one row per row of data, the columns named by the keys of `layout.columns`.

    Cells are as in the file, a blank one is "". An optional column that the file lacks is not in the frame.
    The column `ROW` holds the number of the row in the file, as a spreadsheet counts it.

    Raises:
        SourceError: the file is not what the layout says, or something in it could mean two things; for columns it
            shows those expected and those found, for cells and rows which ones.
    """
    origin = TableOrigin(dataset_id, url)
    if layout.member:
        body = _member(origin, layout.member, body)
    if layout.format == "json":
        return read_records(dataset_id, url, _records(origin, body), layout)
    return _read_csv(origin, body, layout) if layout.format == "csv" else read_workbook(origin, body, layout)


def read_records(dataset_id: str, url: str, records: Sequence[Mapping[str, Any]], layout: TableLayout) -> FileTable:
    """Read records into a frame as `read_table` does; a key that a record lacks is a blank cell.

    Raises:
        SourceError: there are none, their keys are not what the layout says, a value is a list or an object, or
            something could mean two things.
    """
    origin = TableOrigin(dataset_id, url)
    if not records:
        raise origin.error("there are no records, expected at least one", "look at the source")
    names = list(dict.fromkeys(key for record in records for key in record))
    read = {place: layout.columns[key] for key, place in places_of(origin, names, layout).items()}
    # What is not read may be a list or an object; what may give a period is checked all the same.
    header = [name for place, name in enumerate(names) if place in read or _is_plain(records, name)]
    data: dict[str, Any] = {}
    for place, name in enumerate(header):
        column = read.get(names.index(name))
        cells = [record.get(name) for record in records]
        try:
            data[f"c{place}"] = [text_of(cell, column) for cell in cells]
        except TypeError as error:
            raise origin.error(f"key {name!r}: {error}", "put the key under `ignored`, or read another one") from None
        if column and column.reads in NUMBERS:
            data[f"real{place}"] = list(map(is_real, cells))
    frame = frame_of(data, 1)
    return data_rows(origin, Source(frame.lazy(), header, below=0, has_notes=False), layout)


def _is_plain(records: Sequence[Mapping[str, Any]], name: str) -> bool:
    return not any(isinstance(record.get(name), list | dict) for record in records)


def _member(origin: TableOrigin, pattern: str, body: bytes) -> bytes:
    with opened(origin, "zip", body) as archive:
        member = member_of(origin, pattern, archive.infolist())
        refuse_unpacking([member])
        return archive.read(member)


def _records(origin: TableOrigin, body: bytes) -> list[dict[str, Any]]:
    try:
        found = read_any(utf8(origin, body))
    except ValueError as error:
        raise origin.broken("JSON", error) from None
    candidates = found.values() if isinstance(found, dict) else [found]
    lists = [value for value in candidates if isinstance(value, list)]
    if len(lists) != 1 or not all(isinstance(record, dict) for record in lists[0]):
        raise origin.error("expected a list of objects, or an object with one such list", "look at the file")
    return list(lists[0])


def _read_csv(origin: TableOrigin, body: bytes, layout: TableLayout) -> FileTable:
    body = _with_newlines(utf8(origin, body))
    heads = {separator: _head(body, separator) for separator in SEPARATORS}
    starts = {separator: header_at([row for _, row in head], layout) for separator, head in heads.items()}
    separator, start = next(((s, at) for s, at in starts.items() if at is not None), ("", 0))
    if not separator:
        raise no_header(origin, [row for head in heads.values() for _, row in head], layout)
    last = start + layout.header_rows - 1
    offset, last_row = heads[separator][last]
    above = [row for _, row in heads[separator][:start]]
    header = joined([row for _, row in heads[separator][start : last + 1]])[: len(last_row)]
    # From the last row of the header on, which is left out again: so a row of data is compared with its width.
    table = body[offset:]
    short = check_lines(origin, table, separator, len(header), last + 1)
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
        source = Source(lazy, header, last + 1, short=short, letters=column_letters, told=told_above(above))
        return data_rows(origin, source, layout)
    except pl.exceptions.PolarsError as error:
        raise origin.broken("CSV", error) from None


def _with_newlines(body: bytes) -> bytes:
    if b"\n" not in body:
        body = body.replace(b"\r", b"\n")
    return body if body.endswith(b"\n") else body + b"\n"


def _head(body: bytes, separator: str) -> list[tuple[int, list[str]]]:
    """The first rows of a CSV, each with where it begins."""
    lines = body[:_HEAD_BYTES].splitlines(keepends=True)
    begins = list(accumulate(map(len, lines), initial=0))
    reader = csv.reader((line.decode("utf-8", "ignore") for line in lines), delimiter=separator)
    head: list[tuple[int, list[str]]] = []
    try:
        for _ in range(HEADER_WITHIN):
            begin = begins[reader.line_num]
            head.append((begin, next(reader)))
    except (csv.Error, StopIteration):
        pass
    return head
