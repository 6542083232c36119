"""From landed bytes to raw Parquet: every statistical source in one row shape, with nothing coerced into silence.

Per card, below `raw/<published|invented>/<publisher>__<table>/`: `observations.parquet` (the row shape),
`measures.parquet` and `codes.parquet` (how the source describes them), and `raw.json`, which says which snapshot
they were read from. All of it is derived from the landing and can be deleted.
"""

import json
import tempfile
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from types import ModuleType

import duckdb

from pipelines.card import Protocol, SourceCard
from pipelines.clients import cbs_odata3, cbs_odata4
from pipelines.clients.odata import Description, read_envelope
from pipelines.errors import SourceError
from pipelines.landing import Landing, Snapshot, replace_folder

CLIENTS: dict[Protocol, ModuleType] = {
    Protocol.CBS_ODATA4: cbs_odata4,
    Protocol.CBS_ODATA3: cbs_odata3,
}
COUNTRY = "NL01"

_ROW_SHAPE = """
    create table observations (
        dataset_id varchar, measure_code varchar, region_code varchar, period_code varchar, dims varchar,
        value double, value_text varchar, value_attribute varchar, period_status varchar, landed_sha256 varchar
    );
    create table measures (
        dataset_id varchar, measure_code varchar, source_code varchar, source_index integer,
        title varchar, unit varchar, decimals integer
    );
    create table codes (
        dataset_id varchar, dimension varchar, role varchar, source_code varchar, code varchar,
        title varchar, status varchar, code_index integer
    );
"""


def raw_folder(root: Path, card: SourceCard, *, invented: bool) -> Path:
    """Where the raw Parquet of a card lies."""
    return root / ("invented" if invented else "published") / card.slug


def reading(card: SourceCard, snapshot: Snapshot) -> str:
    """The identity of a reading: the bytes, the card and the code that reads them."""
    code = [Path(m.__file__ or "").read_bytes() for m in CLIENTS.values()] + [Path(__file__).read_bytes()]
    parts = [snapshot.digest.encode(), card.model_dump_json().encode(), *code]
    return sha256(b"\0".join(parts)).hexdigest()


def is_read(folder: Path, card: SourceCard, snapshot: Snapshot) -> bool:
    """Whether `folder` already holds what reading this snapshot would give."""
    marker = folder / "raw.json"
    return marker.exists() and json.loads(marker.read_text(encoding="utf-8"))["reading"] == reading(card, snapshot)


def rows_of(folder: Path) -> int:
    """How many observations a raw folder holds."""
    return int(json.loads((folder / "raw.json").read_text(encoding="utf-8"))["rows"])


def write_raw(
    card: SourceCard, snapshot: Snapshot, landing: Landing, folder: Path, check: Callable[[Path], None]
) -> int:
    """Read a snapshot and put its Parquet in `folder`, whole or not at all.

    Args:
        card: what is expected.
        snapshot: what landed.
        landing: where its bytes are.
        folder: replaced when everything is right.
        check: looks at the built folder before it is put in place; raises to refuse it.

    Returns:
        The number of observations.

    Raises:
        SourceError: the bytes are not what the card or the protocol says.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".building-") as temporary:
        built = Path(temporary) / "raw"
        built.mkdir()
        with duckdb.connect() as con:
            con.execute(_ROW_SHAPE)
            try:
                rows = _read(con, card, snapshot, landing, Path(temporary))
            except (duckdb.Error, KeyError, TypeError, ValueError) as error:
                problem = f"the landed bytes cannot be read, {type(error).__name__}: {error!s:.300}"
                raise SourceError(card.dataset_id, problem, todo="compare the answer with the protocol") from error
            _export(con, built)
        check(built)
        marker = {"dataset_id": card.dataset_id, "reading": reading(card, snapshot), "rows": rows}
        (built / "raw.json").write_text(json.dumps(marker) + "\n", encoding="utf-8")
        replace_folder(built, folder)
    return rows


def _read(con: duckdb.DuckDBPyConnection, card: SourceCard, snapshot: Snapshot, landing: Landing, work: Path) -> int:
    client = CLIENTS[Protocol(snapshot.protocol)]

    def body(name: str) -> bytes:
        return landing.get(snapshot.named(name).sha256)

    chosen: Description = client.description(card, body)
    _describe(con, card, chosen)
    received = 0
    expected = client.expected_rows(card, body)
    for resource in snapshot.below(client.PAGES):
        page = read_envelope(landing.get(resource.sha256))
        received += _load_page(con, card, client, chosen, page.rows, work / "page.json", resource.url)
        _insert(con, card, client, chosen, resource.sha256)
        counted = page.head.get("@odata.count")
        if expected is not None and counted not in (None, expected):
            raise SourceError(
                card.dataset_id,
                f"$count says {expected} rows and the page says {counted}",
                url=resource.url,
                todo="run again; if it stays, the source is being changed",
            )
    if expected is not None and received != expected:
        raise SourceError(
            card.dataset_id,
            f"received {received} rows, expected {expected} as the source counted",
            url=snapshot.below(client.PAGES)[0].url,
            todo="run again; a part of the table is never taken for the whole",
        )
    rows = _one(con, "select count(*) from observations")
    if not card.rows.min <= rows <= card.rows.max:
        raise SourceError(
            card.dataset_id,
            f"{rows} observations, expected {card.rows.min} to {card.rows.max}",
            url=snapshot.below(client.PAGES)[0].url,
            todo="look at the table at the source; widen `rows` on the card only for a change you can explain",
        )
    return rows


def _describe(con: duckdb.DuckDBPyConnection, card: SourceCard, chosen: Description) -> None:
    units = {m.code: m.unit for m in card.measures}
    con.executemany(
        "insert into measures values (?, ?, ?, ?, ?, ?, ?)",
        [
            (
                card.dataset_id,
                code,
                m.code,
                m.index,
                m.title.strip(),
                m.unit.strip() or units.get(code),
                m.decimals,
            )
            for code, m in chosen.measures.values()
        ],
    )
    con.executemany(
        "insert into codes values (?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (
                card.dataset_id,
                name,
                card.dimensions[name].role,
                c.code,
                code,
                c.title.strip(),
                c.status,
                c.index,
            )
            for name, codes in chosen.codes.items()
            for code, c in codes.values()
        ],
    )


def _load_page(
    con: duckdb.DuckDBPyConnection,
    card: SourceCard,
    client: ModuleType,
    chosen: Description,
    rows: bytes,
    file: Path,
    url: str,
) -> int:
    """Let DuckDB read the rows of one page as text into the table `page`; returns how many there are."""
    text = rows.decode("utf-8")
    first = json.JSONDecoder().raw_decode(text, text.index("{"))[0] if "{" in text else None
    names = client.columns(card, first, chosen) if first else [*card.dimensions, *chosen.measures]
    file.write_bytes(rows)
    columns = {name: "VARCHAR" for name in names}
    con.execute("drop table if exists page")
    try:
        con.execute(
            "create temp table page as select * from read_json($file, format = 'array', columns = $columns,"
            " maximum_object_size = 268435456)",
            {"file": str(file), "columns": columns},
        )
    except duckdb.Error as error:
        raise SourceError(card.dataset_id, f"a page cannot be read: {error!s:.200}", url=url) from None
    return _one(con, "select count(*) from page")


def _insert(
    con: duckdb.DuckDBPyConnection, card: SourceCard, client: ModuleType, chosen: Description, sha: str
) -> None:
    """Turn the table `page` into rows of `observations`; a code that nobody asked for is an error."""
    names = [row[0] for row in con.execute("select column_name from (describe page)").fetchall()]
    if not names or not _one(con, "select count(*) from page"):
        return
    con.execute(f"create or replace temp view cells as {client.cells_sql(card, names, chosen)}")
    joins = {name: f"d{i}" for i, name in enumerate(card.dimensions)}
    _refuse_unknown(con, card, joins)
    region, period = card.dimension("region"), card.dimension("period")
    others = sorted(set(card.dimensions) - {region, period})
    dims = " || ';' || ".join(f"'{name}=' || {joins[name]}.code" for name in others) or "''"
    fixed_period = f"'{card.region_frame}JJ00'" if card.region_frame else "null"
    number = "regexp_full_match(c.text, '-?[0-9]+(\\.[0-9]+)?([eE][+-]?[0-9]+)?')"
    values = (
        "null, c.text, coalesce(c.mark, 'None')"
        if card.region_frame
        else f"""
            case when {number} then {_unrounded("c.text", "m.decimals")} end, null,
            case when c.text is not null and not {number} then c.text else coalesce(c.mark, 'None') end"""
    )
    con.execute(
        f"""
        insert into observations
        select '{card.dataset_id}', m.measure_code,
            {f"{joins[region]}.code" if region else f"'{COUNTRY}'"},
            {f"{joins[period]}.code" if period else fixed_period}, {dims}, {values},
            {f"{joins[period]}.status" if period else "null"}, '{sha}'
        from cells as c
        join measures as m on m.source_code = c.measure_source
        {_joins(joins)}
        """
    )


def _unrounded(text: str, decimals: str) -> str:
    """SQL for a number as published: v3 sends some as single precision (7888.2001953125 for 7888.2).

    Only a text with more decimals than the table has, that is exactly a single, is taken for its shortest spelling.
    """
    single = f"cast({text} as float)"
    return (
        f"case when length(split_part({text}, '.', 2)) > {decimals}"
        f" and cast({single} as double) = cast({text} as double)"
        f" then cast(cast({single} as varchar) as double) else cast({text} as double) end"
    )


def _refuse_unknown(con: duckdb.DuckDBPyConnection, card: SourceCard, joins: dict[str, str]) -> None:
    bad = [
        "select 'measure' as what, measure_source as code from cells"
        " where measure_source not in (select source_code from measures)"
    ]
    bad += [
        f"""select '{name}', "{name}" from cells
        where "{name}" is null or "{name}" not in (select source_code from codes where dimension = '{name}')"""
        for name in joins
    ]
    found = con.execute(" union all ".join(bad) + " limit 1").fetchone()
    if found:
        raise SourceError(
            card.dataset_id,
            f"the observations have the {found[0]} code {found[1]!r}, which is not among those asked for",
            todo="check the code list of the table and the codes on the card",
        )


def _joins(joins: dict[str, str]) -> str:
    return "\n".join(
        f"""join codes as {alias} on {alias}.dimension = '{name}' and {alias}.source_code = c."{name}" """
        for name, alias in joins.items()
    )


def _export(con: duckdb.DuckDBPyConnection, folder: Path) -> None:
    for table, order in (
        ("observations", "measure_code, region_code, period_code, dims"),
        ("measures", "source_index, measure_code"),
        ("codes", "dimension, code_index, code"),
    ):
        columns = "* exclude (source_code)" if table == "codes" else "*"
        query = f"select {columns} from {table} order by {order}"
        con.execute(f"copy ({query}) to '{folder / table}.parquet' (format parquet, compression zstd)")


def _one(con: duckdb.DuckDBPyConnection, sql: str) -> int:
    return int(con.execute(sql).fetchall()[0][0])
