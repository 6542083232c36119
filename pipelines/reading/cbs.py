"""Tables of CBS, from landed bytes to rows in the one row shape, by DuckDB; nothing is coerced silently.

A page's rows go from the landing into DuckDB as bytes: a columnar reader is several times faster than a loop.
"""

import json
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path

import duckdb
import polars as pl

from pipelines.clients import cbs_bulk
from pipelines.clients.description import Description, unlisted
from pipelines.clients.odata import read_envelope
from pipelines.clients.registry import CBS, ODATA
from pipelines.database import connect
from pipelines.errors import MismatchError, SourceError
from pipelines.landing.store import Resource
from pipelines.reading.landed import Landed
from pipelines.reading.places import write_places
from pipelines.reading.remainders import remainders_among
from pipelines.reading.shapes import CODES, MEASURES, Schema
from pipelines.reading.tally import NOT_ASKED_FOR, NOT_CLASSIFIED, Tally
from pipelines.sources.access import Protocol
from pipelines.sources.card import TEXTS, Shape, SourceCard
from pipelines.sources.dimensions import TOTAL

COUNTRY = "NL01"
MEMORY_MB = 64
# Nothing to add to a sum.
_EMPTY = (".", "blank", "Impossible", "-", "Zero")

# The source's own spelling is needed for joins, and is not written.
_CODES: Schema = {"source_code": pl.String, **CODES}
# The dataset and the sha256 of the page are the same for a whole page: they are added when writing.
_ROWS = """
    create table rows (
        measure_code varchar, region_code varchar, period_code varchar, dims varchar,
        value double, value_text varchar, value_attribute varchar, period_status varchar, record ubigint, page integer
    )
"""


def read_table(landed: Landed, work: Path, target: Path) -> tuple[int, Tally]:
    """Read a table of CBS into `observations.parquet`, `measures.parquet` and `codes.parquet`, or `places.parquet`.

    Returns:
        The number of observations, or of places, and what became of the rows that the table sent.

    Raises:
        SourceError: the bytes are not what the card or the protocol says.
    """
    card = landed.card
    # A file, so that a table of any size is read in bounded memory: what does not fit goes to disk.
    with connect(work / "reading.duckdb", threads=2) as con:
        # It would write into the output of the command line.
        con.execute("set enable_progress_bar = false")
        chosen = CBS[landed.protocol].description(card, landed.rows)
        _describe(con, card, chosen)
        con.execute(_ROWS)
        if landed.protocol is Protocol.CBS_BULK:
            tally = _read_bulk(con, landed, chosen, work)
        else:
            tally = _read_pages(con, landed, chosen, work)
        sha256 = "[" + ", ".join(_quoted(page.sha256) for page in landed.pages) + "][page + 1]"
        if card.shape is Shape.PLACES:
            return write_places(con, card, sha256, target), tally
        rows = _one(con, "select count(*) from rows")
        aside = _set_aside_remainders(con) if card.shape is Shape.OBSERVATIONS else 0
        if any(dimension.is_added_up for dimension in card.dimensions.values()):
            _add_up(con)
        observations = _one(con, "select count(*) from rows")
        _export(con, card, sha256, target)
    # Every row of the source has the same number of observations, whatever its region.
    not_classified = aside * tally.kept // rows if rows else 0
    return observations, tally.then(tally.kept - not_classified, {NOT_CLASSIFIED: not_classified})


def _set_aside_remainders(con: duckdb.DuckDBPyConnection) -> int:
    """Remove the rows of codes that are not regions; returns how many there were."""
    codes = con.execute("select code from codes where role = 'region'").fetchall()
    remainders = sorted(remainders_among(code for (code,) in codes))
    return _one(con, f"delete from rows where region_code in {_listed(remainders)}") if remainders else 0


def _add_up(con: duckdb.DuckDBPyConnection) -> None:
    """Replace the rows of one key by their sum, which has the page of the first; see `Dimension.is_added_up`."""
    con.execute(
        f"""
        create table sums as
        select
            measure_code, region_code, period_code, dims,
            case when not bool_or(is_hidden) then sum(cast(value as decimal(38, 6)))::double end as value,
            null::varchar as value_text,
            case
                when bool_or(is_hidden) then min(value_attribute) filter (where is_hidden)
                when count(value) > 0 then min(value_attribute) filter (where value is not null)
                else min(value_attribute)
            end as value_attribute,
            any_value(period_status) as period_status,
            min(record) as record,
            min(page) as page
        from (select *, value is null and value_attribute not in {_listed(_EMPTY)} as is_hidden from rows)
        group by measure_code, region_code, period_code, dims
        """
    )
    con.execute("drop table rows")
    con.execute("alter table sums rename to rows")


def _read_pages(con: duckdb.DuckDBPyConnection, landed: Landed, chosen: Description, work: Path) -> Tally:
    card, pages, client = landed.card, landed.pages, ODATA[landed.protocol]
    expected = client.expected_rows(card, landed.body)
    counts: list[int] = []
    for number, resource in enumerate(pages):
        page = read_envelope(landed.page(resource))
        counted = page.head.get("@odata.count")
        if expected is not None and counted not in (None, expected):
            raise SourceError(
                card.dataset_id,
                f"the page counts {counted} rows, expected {expected} as $count says",
                url=resource.url,
                todo="run again; if this persists, the source is being changed",
            )
        counts.append(_read_page(con, landed, chosen, page.rows, work / "page.json", number))
    _refuse_overlap(con, card, pages)
    received = sum(counts)
    if expected is not None and received != expected:
        raise SourceError(
            card.dataset_id,
            f"received {received} rows, expected the {expected} that the source counted",
            url=pages[0].url,
            todo="run again; part of a table is never accepted as the whole",
        )
    _refuse_gaps(card, pages, counts)
    # What is not asked for is not sent: every row is kept.
    return Tally(received, _one(con, "select count(*) from rows") // client.cells_per_row(chosen), {})


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


def _refuse_overlap(con: duckdb.DuckDBPyConnection, card: SourceCard, pages: list[Resource]) -> None:
    """Refuse pages that have a record in common, whatever their count says."""
    ranges = con.execute("select min(record), max(record), page from rows group by page order by 1").fetchall()
    # Numbers that continue from page to page need no further check.
    if all(last < first for (_, last, _), (first, _, _) in pairwise(ranges)):
        return
    again = con.execute(
        "select any_value(concat_ws(', ', measure_code, region_code, period_code, dims)), min(page), max(page)"
        " from rows group by record having min(page) < max(page) order by 3, 2, 1 limit 1"
    ).fetchall()
    if again:
        record, first, second = again[0]
        raise SourceError(
            card.dataset_id,
            f"the record of {record} is on page {first + 1} and again on page {second + 1}, expected it once",
            url=pages[second].url,
            todo="run again; if this persists, the source pages in another order each time",
        )


def _read_bulk(con: duckdb.DuckDBPyConnection, landed: Landed, chosen: Description, work: Path) -> Tally:
    file = work / "Observations.csv"
    cbs_bulk.unpack(landed.card, landed.page(landed.pages[0]), file, landed.first_url)
    con.execute(f"set memory_limit = '{3 * MEMORY_MB // 2}MB'")
    con.execute(
        f"create or replace temp view page as select * from read_csv({_quoted(str(file))}, delim = ';', quote = '\"',"
        " escape = '\"', header = true, all_varchar = true, strict_mode = true,"
        # In small pieces: the default of 32 MB per thread is most of the memory there is.
        " buffer_size = 4000000)"
    )
    cbs_bulk.check_page(con, landed.card, landed.rows, chosen, landed.first_url)
    names = [row[0] for row in con.execute("describe page").fetchall()]
    kept = _insert(con, landed.card, chosen, cbs_bulk.cells_sql(landed.card, names, chosen), 0)
    others = _one(con, f"select count(*) from page where not ({cbs_bulk.asked_for_sql(chosen)})")
    return Tally(_one(con, "select count(*) from page"), kept, {NOT_ASKED_FOR: others})


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


def _read_page(
    con: duckdb.DuckDBPyConnection, landed: Landed, chosen: Description, rows: bytes, file: Path, number: int
) -> int:
    """Read the rows of one page; returns how many there were."""
    start = rows.find(b"{")
    if start < 0:
        return 0
    client, card = ODATA[landed.protocol], landed.card
    names = client.columns(card, _first_object(rows, start), chosen)
    file.write_bytes(rows)
    # Enough for the page, whatever the size of the table; what was read before goes to disk.
    con.execute(f"set memory_limit = '{max(MEMORY_MB, 4 * len(rows) // 1_000_000)}MB'")
    fields = ", ".join(f"{_quoted(name)}: 'VARCHAR'" for name in names)
    con.execute(
        f"create or replace temp view page as select * from read_json({_quoted(str(file))}, format = 'array',"
        f" columns = {{{fields}}})"
    )
    _insert(con, card, chosen, client.cells_sql(card, names, chosen), number)
    return _one(con, "select count(*) from page")


def _insert(con: duckdb.DuckDBPyConnection, card: SourceCard, chosen: Description, cells: str, number: int) -> int:
    """Insert the cells of a page and return how many there were. A code that nobody asked for is an error."""
    con.execute(f"create or replace temp view cells as {cells}")
    con.execute(_insert_sql(card, number))
    if _one(
        con,
        f"select count(*) from rows where page = {number}"
        " and (measure_code is null or region_code is null or period_code is null or dims is null)",
    ):
        _refuse_unknown(con, card, chosen)
    return _one(con, f"select count(*) from rows where page = {number}")


def _first_object(rows: bytes, start: int) -> dict[str, object]:
    # A row is small; if the first one does not end within this, the page is read whole.
    for size in (65_536, len(rows)):
        try:
            text = rows[start : start + size].decode("utf-8", "ignore")
            first: dict[str, object] = json.JSONDecoder().raw_decode(text)[0]
        except json.JSONDecodeError:
            continue
        return first
    raise ValueError("the rows of a page do not begin with a JSON object")


def _insert_sql(card: SourceCard, number: int) -> str:
    """SQL that turns the cells of a page into rows; what matches no code of the source becomes null."""
    alias = {name: f"d{i}" for i, name in enumerate(card.dimensions)}
    region, period = card.dimension("region"), card.dimension("period")
    others = sorted(set(card.dimensions) - {region, period})
    # A code that nobody asked for is null and stays so, also where all codes become one.
    codes = {
        name: f"if({alias[name]}.code is not null, '{TOTAL}', null)"
        if card.dimensions[name].is_added_up
        else f"{alias[name]}.code"
        for name in others
    }
    dims = " || ';' || ".join(f"'{name}=' || {codes[name]}" for name in others) or "''"
    joins = " ".join(
        f"""left join codes as {a} on {a}.dimension = '{name}' and {a}.source_code = c."{name}" """
        for name, a in alias.items()
    )
    number_pattern = "regexp_full_match(c.text, '-?[0-9]+(\\.[0-9]+)?([eE][+-]?[0-9]+)?')"
    mark = "coalesce(c.mark, 'None')"
    no_figure = [
        f"(m.measure_code = {_quoted(m.code)} and try_cast(c.text as double) = {m.no_figure})"
        for m in card.measures
        if m.no_figure is not None
    ]
    is_none = " or ".join(no_figure) or "false"
    if card.shape in TEXTS:
        values = f"null, c.text, {mark}"
    else:
        # Text where a number is expected becomes the mark, which the wire check does not know.
        values = f"""
            case when {is_none} then null when {number_pattern} then {unrounded("c.text", "m.decimals")} end, null,
            case when {is_none} then '.' when c.text is not null and not {number_pattern} then c.text else {mark} end"""
    return f"""
        insert into rows
        select m.measure_code,
            {f"{alias[region]}.code" if region else f"'{COUNTRY}'"},
            {f"{alias[period]}.code" if period else f"'{card.only_period}'"},
            {dims}, {values}, {f"{alias[period]}.status" if period else "null"}, c.record, {number}
        from cells as c
        left join measures as m on m.source_code = c.measure_source
        {joins}
    """


def unrounded(text: str, decimals: str) -> str:
    """SQL for a number as published: v3 sends some as single precision (7888.2001953125 for 7888.2).

    Only a text that has more decimals than the table and is exactly a single becomes its shortest spelling.
    """
    single = f"cast({text} as float)"
    return (
        f"case when length(split_part({text}, '.', 2)) > {decimals}"
        f" and cast({single} as double) = cast({text} as double)"
        f" then cast(cast({single} as varchar) as double) else cast({text} as double) end"
    )


def _refuse_unknown(con: duckdb.DuckDBPyConnection, card: SourceCard, chosen: Description) -> None:
    bad = [
        "select 'measure' as what, measure_source as code from cells"
        " where measure_source is null or measure_source not in (select source_code from measures)"
    ]
    bad += [
        f"""select '{name}', "{name}" from cells
        where "{name}" is null or "{name}" not in (select source_code from codes where dimension = '{name}')"""
        for name in card.dimensions
    ]
    # One after another: in parallel each would hold a part of the page in memory.
    what, code = next(found[0] for sql in bad if (found := con.execute(f"{sql} limit 1").fetchall()))
    offered = chosen.all_measures if what == "measure" else chosen.all_codes[what]
    if code not in {known.code for known in offered}:
        raise unlisted(card, what, code)
    raise MismatchError(
        card.dataset_id,
        f"the observations have the {what} code {code!r}, which is not among those asked for",
        todo="check the code list of the table and the codes on the card",
    )


def _export(con: duckdb.DuckDBPyConnection, card: SourceCard, sha256: str, folder: Path) -> None:
    dataset = f"'{card.dataset_id}' as dataset_id"
    for table, query in (
        # Not sorted: nothing downstream reads by position, and the release is sorted by its keys.
        ("observations", f"select {dataset}, rows.* exclude (record, page), {sha256} as landed_sha256 from rows"),
        ("measures", f"select {dataset}, * from measures order by source_index, measure_code"),
        ("codes", f"select {dataset}, * exclude (source_code) from codes order by dimension, code_index, code"),
    ):
        con.execute(f"copy ({query}) to {_quoted(str(folder / table) + '.parquet')} (format parquet, compression zstd)")


def _listed(texts: Iterable[str]) -> str:
    return f"({', '.join(map(_quoted, texts))})"


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _one(con: duckdb.DuckDBPyConnection, sql: str) -> int:
    return int(con.execute(sql).fetchall()[0][0])
