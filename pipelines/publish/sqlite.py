"""The release as SQLite: written once through ADBC, columnar all the way, with keys, indexes and full-text search.

A value that is the same in every row is written once, and one that others of its row give is not written at all, such
as the year of a period code, the period before it or the unit of a change: SQLite computes both when they are read. A
table without full-text search is stored in key order (`without rowid`), so that no key is stored twice. Only columns
that are looked up have an index: SQLite skips over the first columns of the key, the counts of each facet value are in
`facet_counts`, and a column with few values is read as fast without one.
"""

import sqlite3
from contextlib import closing
from pathlib import Path

import adbc_driver_sqlite.dbapi
import duckdb

from pipelines.database import connect
from pipelines.errors import RegiokompasError
from pipelines.publish.manifest import PublicColumn, PublicTable

_TYPES = {
    "string": "TEXT",
    "varchar": "TEXT",
    "double": "REAL",
    "integer": "INTEGER",
    "bigint": "INTEGER",
    "boolean": "INTEGER",
    "date": "TEXT",
}
_BATCH = 100_000
FACET_COUNTS = "facet_counts"
_FACET_TABLE = f"""
create table "{FACET_COUNTS}" (
  "table_name" TEXT not null,
  "column_name" TEXT not null,
  "value" not null,
  "rows_count" INTEGER not null,
  primary key ("table_name", "column_name", "value")
) without rowid
"""
# A column that is the same in all of so many rows is not stored.
FEWEST_ROWS = 1000
# What a year is computed from, in words that DuckDB and SQLite share.
_YEAR_OF_PERIOD = 'cast(substr("period_code", 1, 4) as integer)'
# The period one year earlier, of what has a figure for it.
_PERIOD_BEFORE = (
    f'case when "previous_value" is not null then cast({_YEAR_OF_PERIOD} - 1 as text) || substr("period_code", 5) end'
)
# The SQL that gives a column of a table in every row of it, by the name of the column: what need not be stored.
Computed = dict[str, str]


def write_sqlite(source: Path, tables: list[PublicTable], target: Path) -> dict[str, int]:
    """Copy the public tables of a DuckDB file into a new SQLite file.

    Args:
        source: the DuckDB file of the build, opened read-only.
        tables: what to copy, every table after those it refers to.
        target: the file to write; an old one is replaced.

    Returns:
        The number of rows of each table.

    Raises:
        RegiokompasError: a row count differs, or a foreign key refers to a missing row.
    """
    # Vacuuming into a new file writes the data once; in place it would be copied there and back.
    draft = target.with_suffix(".draft")
    for file in (target, draft):
        file.unlink(missing_ok=True)
    with connect(source, read_only=True) as con:
        computed = {table.name: _repeated(con, table) | _given(con, table) for table in tables}
        with sqlite3.connect(draft) as db:
            db.executescript("pragma journal_mode = off; pragma page_size = 8192;")
            for table in tables:
                db.execute(create_table(table, computed[table.name]))
        rows = _copy(con, tables, computed, draft)
    with closing(sqlite3.connect(draft)) as db:
        db.execute(_FACET_TABLE)
        for table in tables:
            for statement in (*indexes(table), *full_text(table), *facet_counts(table)):
                db.execute(statement)
        db.commit()
        db.execute("analyze")
        broken = db.execute("pragma foreign_key_check").fetchall()
        db.commit()
        db.execute("vacuum into ?", [str(target)])
    draft.unlink()
    if broken:
        table_name, rowid, parent, _ = broken[0]
        raise RegiokompasError(f"{table_name} row {rowid} refers to a row of {parent} that does not exist")
    return rows


def create_table(table: PublicTable, computed: Computed) -> str:
    """The DDL of a public table: types, NOT NULL, primary key and foreign keys from the dbt contract."""
    lines = [_column_ddl(column, computed.get(column.name)) for column in table.columns]
    lines.append(f"primary key ({table.order})")
    lines += [
        f'foreign key ("{c.name}") references "{c.references[0]}" ("{c.references[1]}")'
        for c in table.columns
        if c.references
    ]
    return f'create table "{table.name}" (\n  ' + ",\n  ".join(lines) + ("\n)" if table.fts else "\n) without rowid")


def indexes(table: PublicTable) -> list[str]:
    """An index for every column that its model marks as looked up, unless the primary key starts with it."""
    wanted = [c.name for c in table.columns if c.is_looked_up and c.name != table.primary_key[0]]
    return [f'create index "idx_{table.name}_{name}" on "{table.name}" ("{name}")' for name in wanted]


def full_text(table: PublicTable) -> list[str]:
    """A full-text table, accent-insensitive, over the columns that the model names; Datasette detects it by itself.

    Without the length of every text, which only a ranking would read.
    """
    if not table.fts:
        return []
    columns = ", ".join(f'"{c}"' for c in table.fts)
    name = f"{table.name}_fts"
    return [
        f'create virtual table "{name}" using fts5 ({columns}, content="{table.name}",'
        ' tokenize="unicode61 remove_diacritics 2", columnsize=0)',
        f'insert into "{name}" ("{name}") values (\'rebuild\')',
    ]


def facet_counts(table: PublicTable) -> list[str]:
    """The statements that count how many rows of the whole table have each value of a facet."""
    return [
        f"insert into \"{FACET_COUNTS}\" select '{table.name}', '{name}', \"{name}\", count(*)"
        f' from "{table.name}" where "{name}" is not null group by 3'
        for name in table.facets
    ]


def _repeated(con: duckdb.DuckDBPyConnection, table: PublicTable) -> Computed:
    """What all rows of a table share, if it has several: the notice of invented figures, the one source of them all."""
    columns = [c for c in table.columns if not (c.name in table.primary_key or c.is_looked_up)]
    if not columns:
        return {}
    names = [c.name for c in columns]
    # An empty column says nothing, in however few rows; what is chosen by or filled in takes many to be worth it.
    fewest = [1 if c.is_nullable and not (c.is_facet or c.references) else FEWEST_ROWS for c in columns]
    asked = ", ".join(
        f'min("{n}"), count(*) > {few} and count("{n}") in (0, count(*)) and min("{n}") is not distinct from max("{n}")'
        for n, few in zip(names, fewest, strict=True)
    )
    (found,) = con.sql(f"select {asked} from {table.name}").fetchall()
    return {name: _literal(found[2 * i]) for i, name in enumerate(names) if found[2 * i + 1]}


def _literal(value: object) -> str:
    if value is None:
        return "null"
    if isinstance(value, (int, float)):
        return repr(float(value) if isinstance(value, float) else int(value))
    return "'{}'".format(str(value).replace("'", "''"))


def _given(con: duckdb.DuckDBPyConnection, table: PublicTable) -> Computed:
    """What others of the row give, by formulas that are right for every row: the rest is stored.

    A formula costs time for each row of a page that filters or sorts by it: rounding made such pages 1.7 times slower.
    """
    formulas = {c.name: c.formula for c in table.columns if c.formula}
    names = {c.name for c in table.columns}
    if {"year", "period_code"} <= names:
        formulas["year"] = _YEAR_OF_PERIOD
    if {"previous_period_code", "previous_value", "period_code"} <= names:
        formulas["previous_period_code"] = _PERIOD_BEFORE
    return {
        name: formula
        for name, formula in formulas.items()
        if name not in table.primary_key
        and con.sql(f'select count(*) from {table.name} where "{name}" is distinct from {formula}').fetchall() == [(0,)]
    }


def _column_ddl(column: PublicColumn, computed: str | None) -> str:
    kind = f'"{column.name}" {_TYPES[column.data_type.lower()]}'
    kind = kind if column.is_nullable else f"{kind} not null"
    return kind if computed is None else f"{kind} generated always as ({computed}) virtual"


def _copy(
    con: duckdb.DuckDBPyConnection, tables: list[PublicTable], computed: dict[str, Computed], target: Path
) -> dict[str, int]:
    rows = {}
    with adbc_driver_sqlite.dbapi.connect(str(target)) as out:
        with out.cursor() as cursor:
            for table in tables:
                columns = ", ".join(_select(c) for c in table.columns if c.name not in computed[table.name])
                relation = con.sql(f"select {columns} from {table.name} order by {table.order}")
                reader = relation.to_arrow_reader(_BATCH)
                rows[table.name] = cursor.adbc_ingest(table.name, reader, mode="append")
        out.commit()
        for table in tables:
            expected = con.sql(f"select count(*) from {table.name}").fetchall()[0][0]
            if rows[table.name] != expected:
                raise RegiokompasError(f"{table.name}: {rows[table.name]} rows in SQLite, {expected} in DuckDB")
    return rows


def _select(column: PublicColumn) -> str:
    if column.data_type.lower() == "date":
        return f'cast("{column.name}" as varchar) as "{column.name}"'
    if column.data_type.lower() == "boolean":
        return f'cast("{column.name}" as integer) as "{column.name}"'
    return f'"{column.name}"'
