"""Tables of CBS, from landed bytes to rows in the one row shape, by DuckDB; nothing is coerced silently.

A page's rows go from the landing into DuckDB as bytes, and from there as columns into Parquet: a columnar reader is
several times faster than a loop, and a table of any size is read in the memory of a page.
"""

import json
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import duckdb
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.clients import cbs_bulk
from pipelines.clients.description import Description
from pipelines.clients.odata import Envelope, read_envelope
from pipelines.clients.registry import CBS, ODATA
from pipelines.database import connect
from pipelines.errors import SourceError
from pipelines.landing.store import Resource
from pipelines.reading.cbs_cells import refuse_unknown, rows_sql
from pipelines.reading.cbs_codes import KEY, CodeLists, listed, quoted
from pipelines.reading.landed import Landed
from pipelines.reading.places import write_places
from pipelines.reading.remainders import remainders_among
from pipelines.reading.rows_file import RowsFile
from pipelines.reading.shapes import CODES, MEASURES, Schema
from pipelines.reading.tally import NOT_ASKED_FOR, NOT_CLASSIFIED, Tally
from pipelines.sources.access import Protocol
from pipelines.sources.card import Shape, SourceCard

MEMORY_MB = 64
# The rows of a whole page, of most tables: each batch becomes a row group.
_BATCH = 100_000
# Nothing to add to a sum.
_EMPTY = (".", "blank", "Impossible", "-", "Zero")

# The source's own spelling is needed for joins, and is not written.
_CODES: Schema = {"source_code": pl.String, **CODES}


def read_table(landed: Landed, work: Path, target: Path) -> tuple[int, Tally]:
    """Read a table of CBS into `observations.parquet`, `measures.parquet` and `codes.parquet`, or `places.parquet`.

    Returns:
        The number of observations, or of places, and what became of the rows that the table sent.

    Raises:
        SourceError: the bytes are not what the card or the protocol says.
    """
    card = landed.card
    is_last = card.shape is not Shape.PLACES and not any(d.is_added_up for d in card.dimensions.values())
    file = (target if is_last else work) / "observations.parquet"
    landed_sha256 = [page.sha256 for page in landed.pages]
    with connect(threads=2, temp_directory=str(work)) as con:
        chosen = CBS[landed.protocol].description(card, landed.rows)
        _describe(con, card, chosen)
        codes = CodeLists(card, chosen, is_whole=landed.protocol is Protocol.CBS_BULK)
        codes.create_types(con)
        with RowsFile(
            file, card.dataset_id, [page.sha256 for page in landed.pages], _remainders(con, card), con
        ) as rows:
            if landed.protocol is Protocol.CBS_BULK:
                tally = _read_bulk(con, landed, chosen, codes, work, rows)
            else:
                tally = _read_pages(con, landed, chosen, codes, work, rows)
        observations = rows.written
        con.execute(f"create view rows as select * from read_parquet({quoted(str(file))})")
        if card.shape is Shape.PLACES:
            return write_places(con, card, target), tally
        if not is_last:
            observations = _add_up(con, landed_sha256, target)
        _export(con, card, target)
    # Every row of the source has the same number of observations, whatever its region.
    read = rows.written + rows.aside
    not_classified = rows.aside * tally.kept // read if read else 0
    return observations, tally.then(tally.kept - not_classified, {NOT_CLASSIFIED: not_classified})


def _remainders(con: duckdb.DuckDBPyConnection, card: SourceCard) -> set[str]:
    """The codes among the regions of a table of figures that are no regions."""
    if card.shape is not Shape.OBSERVATIONS:
        return set()
    return remainders_among(code for (code,) in con.execute("select code from codes where role = 'region'").fetchall())


def _add_up(con: duckdb.DuckDBPyConnection, landed_sha256: list[str], target: Path) -> int:
    """Write the sum of the rows of each key, said to be from the page of the first; see `Dimension.is_added_up`.

    Returns:
        The number of sums.
    """
    key, pages = ", ".join(KEY), listed(landed_sha256)
    sums = f"""
        select
            any_value(dataset_id) as dataset_id, {key},
            case when not bool_or(is_hidden) then sum(cast(value as decimal(38, 6)))::double end as value,
            null::varchar as value_text,
            case
                when bool_or(is_hidden) then min(value_attribute) filter (where is_hidden)
                when count(value) > 0 then min(value_attribute) filter (where value is not null)
                else min(value_attribute)
            end as value_attribute,
            any_value(period_status) as period_status,
            arg_min(landed_sha256, list_position([{pages[1:-1]}], landed_sha256)) as landed_sha256
        from (select *, value is null and value_attribute not in {listed(_EMPTY)} as is_hidden from rows)
        group by {key} order by {key}
    """
    return _copy(con, sums, target / "observations.parquet")


def _read_pages(
    con: duckdb.DuckDBPyConnection, landed: Landed, chosen: Description, codes: CodeLists, work: Path, rows: RowsFile
) -> Tally:
    card, pages, client = landed.card, landed.pages, ODATA[landed.protocol]
    expected = client.expected_rows(card, landed.body)
    for page in _unpacked(landed, work, expected):
        for batch in _rows_of(con, landed, chosen, codes, page):
            rows.write(batch)
    if again := rows.again():
        page = _unpack(landed, again.second, pages[again.second], work, expected)
        batches = _rows_of(con, landed, chosen, codes, page)
        key = next(key for batch in batches if (key := _key_of(batch, again.record)))
        raise SourceError(
            card.dataset_id,
            f"the record of {key} is on page {again.first + 1} and again on page {again.second + 1}, expected it once",
            url=pages[again.second].url,
            todo="run again; if this persists, the source pages in another order each time",
        )
    # What is not asked for is not sent: every row is kept.
    counts = [rows.pages[number] // client.cells_per_row(chosen) for number in range(len(pages))]
    received = sum(counts)
    if expected is not None and received != expected:
        raise SourceError(
            card.dataset_id,
            f"received {received} rows, expected the {expected} that the source counted",
            url=pages[0].url,
            todo="run again; part of a table is never accepted as the whole",
        )
    _refuse_gaps(card, pages, counts)
    return Tally(received, received, {})


class _Unpacked(NamedTuple):
    """The rows of a page in a file, where DuckDB can read them; `first` is the first row, None if there is none."""

    number: int
    file: Path
    first: dict[str, object] | None


def _unpacked(landed: Landed, work: Path, expected: int | None) -> Iterator[_Unpacked]:
    """The pages in their order; the next one is unpacked while one is read."""
    with ThreadPoolExecutor(1) as pool:
        following = deque[Future[_Unpacked]]()
        for page, resource in enumerate(landed.pages):
            following.append(pool.submit(_unpack, landed, page, resource, work, expected))
            if page:
                yield following.popleft().result()
        for last in following:
            yield last.result()


def _unpack(landed: Landed, number: int, resource: Resource, work: Path, expected: int | None) -> _Unpacked:
    """Unpack one page.

    Raises:
        SourceError: its count is not `expected`.
    """
    content = read_envelope(landed.page(resource))
    counted = content.head.get("@odata.count")
    if expected is not None and counted not in (None, expected):
        raise SourceError(
            landed.card.dataset_id,
            f"the page counts {counted} rows, expected {expected} as $count says",
            url=resource.url,
            todo="run again; if this persists, the source is being changed",
        )
    file = work / f"page-{number}.json"
    file.write_bytes(content.rows)
    start = content.body.find(b"{", content.begin, content.end)
    return _Unpacked(number, file, _first_object(content, start) if start >= 0 else None)


def _rows_of(
    con: duckdb.DuckDBPyConnection, landed: Landed, chosen: Description, codes: CodeLists, page: _Unpacked
) -> Iterator[pa.RecordBatch]:
    """The rows of a page, each with its number; the file goes."""
    client, card = ODATA[landed.protocol], landed.card
    if page.first is not None:
        names = client.columns(card, page.first, chosen)
        # Enough for the cells of the page, whatever the size of the table; what is known of others goes to disk.
        con.execute(f"set memory_limit = '{MEMORY_MB + 8 * page.file.stat().st_size // 1_000_000}MB'")
        fields = ", ".join(f"{quoted(name)}: '{client.column_type(name)}'" for name in names)
        # In small pieces: the default takes 32 MB a thread.
        form = f"format = 'array', columns = {{{fields}}}, maximum_object_size = 4000000"
        read = f"select *, {page.number} as page_number from read_json({quoted(str(page.file))}, {form})"
        # As one question, since each view of it would cost as much again to make.
        cells = client.cells_sql(card, names, chosen, codes.cast)
        for part in _whole(con, card, chosen, codes, f"with page as ({read})", cells, landed.pages[page.number].url):
            yield codes.rows(part)
    page.file.unlink()


def _refuse_gaps(card: SourceCard, pages: list[Resource], counts: list[int]) -> None:
    """Refuse a page that is not full although another follows: without a count nothing else shows it."""
    # Of several tables each has pages of its own.
    folders = [page.name.rpartition("/")[0] for page in pages]
    for number, rows in enumerate(counts[:-1]):
        full = counts[folders.index(folders[number])]
        if folders[number + 1] == folders[number] and rows != full:
            raise SourceError(
                card.dataset_id,
                f"page {number + 1} has {rows} rows and a next page, expected {full} as on the first",
                url=pages[number].url,
                todo="run again; part of a table is never accepted as the whole",
            )


def _read_bulk(
    con: duckdb.DuckDBPyConnection, landed: Landed, chosen: Description, codes: CodeLists, work: Path, rows: RowsFile
) -> Tally:
    card, file = landed.card, work / "Observations.csv"
    cbs_bulk.unpack(card, landed.page(landed.pages[0]), file, landed.first_url)
    con.execute(f"set memory_limit = '{3 * MEMORY_MB // 2}MB'")
    form = "delim = ';', quote = '\"', escape = '\"', header = true, all_varchar = true, strict_mode = true"
    # In small pieces: the default of 32 MB per thread is most of the memory there is.
    page = f"with page as (from read_csv({quoted(str(file))}, {form}, buffer_size = 4000000))"
    names = con.sql(f"{page} from page").columns
    cbs_bulk.check_columns(card, names, landed.rows, landed.first_url)
    cells, received = cbs_bulk.cells_sql(card, names, chosen, codes.cast), 0
    for part in _whole(con, card, chosen, codes, page, cells, landed.first_url):
        received += part.num_rows
        rows.write(codes.rows(part))
    cbs_bulk.check_count(card, received, landed.rows, landed.first_url)
    return Tally(received, rows.pages[0], {NOT_ASKED_FOR: received - rows.pages[0]})


def _describe(con: duckdb.DuckDBPyConnection, card: SourceCard, chosen: Description) -> None:
    units = {m.code: m.unit for m in card.measures}
    measures = [
        (code, m.code, m.index, m.title.strip(), m.unit.strip() or units.get(code), m.decimals)
        for code, m in chosen.measures.values()
    ]
    codes = [
        (c.code, name, card.dimensions[name].role, code, c.title.strip(), c.status, c.index)
        for name, listed in chosen.codes.items()
        for code, c in listed.values()
    ]
    for table, schema, rows in (("measures", MEASURES, measures), ("codes", _CODES, codes)):
        con.register("described", pl.DataFrame(rows, schema=schema, orient="row").to_arrow())
        con.execute(f"create table {table} as select * from described")


def _key_of(rows: pa.RecordBatch, record: int) -> str:
    """The key of the first row of a record, as errors name it; empty where no row is of it."""
    found = rows.filter(pc.equal(rows["record"], pa.scalar(record, pa.uint64())))
    return ", ".join(found[name][0].as_py() for name in KEY if found[name][0].as_py()) if found.num_rows else ""


def _whole(
    con: duckdb.DuckDBPyConnection,
    card: SourceCard,
    chosen: Description,
    codes: CodeLists,
    page: str,
    cells: str,
    url: str,
) -> Iterator[pa.RecordBatch]:
    """The rows of some cells, a part at a time, with the codes of the source; one that is not listed is an error.

    Args:
        con: where the lists are.
        card: whose table it is.
        chosen: the table, seen through the card.
        codes: the lists.
        page: the `with` in SQL that gives the relation `page`.
        cells: SQL that makes cells of it.
        url: where they are from.
    """
    reader = con.sql(f"{page}, cells as ({cells}) {rows_sql(card, codes)}").to_arrow_reader(_BATCH)
    for part in reader:
        if codes.has_unlisted(part):
            # No other question can be asked before.
            reader.close()
            refuse_unknown(con, card, chosen, codes, page, url)
        yield part


def _first_object(page: Envelope, start: int) -> dict[str, object]:
    # A row is small; if the first one does not end within this, the page is read whole.
    for size in (65_536, page.end - start):
        try:
            text = page.body[start : min(start + size, page.end)].decode("utf-8", "ignore")
            first: dict[str, object] = json.JSONDecoder().raw_decode(text)[0]
        except json.JSONDecodeError:
            continue
        return first
    raise ValueError("the rows of a page do not begin with a JSON object")


def _export(con: duckdb.DuckDBPyConnection, card: SourceCard, folder: Path) -> None:
    dataset = f"{quoted(card.dataset_id)} as dataset_id"
    for table, query in (
        ("measures", f"select {dataset}, * from measures order by source_index, measure_code"),
        ("codes", f"select {dataset}, * exclude (source_code) from codes order by dimension, code_index, code"),
    ):
        _copy(con, query, folder / f"{table}.parquet")


def _copy(con: duckdb.DuckDBPyConnection, query: str, file: Path) -> int:
    """Write the answer to a query as Parquet; returns how many rows it has."""
    written = con.execute(f"copy ({query}) to {quoted(str(file))} (format parquet, compression zstd)").fetchone()
    return int(written[0]) if written else 0
