"""Whole tables as files, made once: Parquet, CSV (RFC 4180), and CSV in the form that Dutch Excel opens.

CSV repeats itself in many rows, so it is stored compressed (gzip), as readers get it over the web in any case.
"""

import gzip
import re
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import IO, cast

import polars as pl
import pyarrow.parquet as pq

from pipelines.database import connect
from pipelines.publish.manifest import PublicTable
from portal.csv_text import FORMULA_STARTS

_FORMULA = f"^ *[{re.escape(''.join(FORMULA_STARTS))}]"
_BATCH = 50_000
# Above this a double can no longer represent every whole number.
_EXACT = 2**53


def write_extracts(source: Path, tables: list[PublicTable], folder: Path) -> dict[str, int]:
    """Write each public table of a DuckDB file as `<name>.parquet`, `<name>.csv.gz` and `<name>.nl.csv.gz`.

    The Dutch one has semicolons, a decimal comma and a byte order mark.

    Returns:
        The number of rows of each table.
    """
    folder.mkdir(parents=True, exist_ok=True)
    files = {table.name: folder / f"{table.name}.parquet" for table in tables}
    # Each thread that writes has many rows in memory.
    with connect(source, read_only=True, threads=1) as con:
        for table in tables:
            query = f"select * from {table.name} order by {table.order}"
            con.execute(f"copy ({query}) to '{files[table.name]}' (format parquet, compression zstd)")
    # Once DuckDB has given back its memory.
    return {name: _write_csv(file) for name, file in files.items()}


def _write_csv(source: Path) -> int:
    """Write both forms of CSV beside a Parquet file, a part at a time; returns how many rows it has."""
    with (
        pq.ParquetFile(source) as parquet,
        _packed(source.with_suffix(".csv.gz")) as english,
        _packed(source.with_suffix(".nl.csv.gz")) as dutch,
    ):
        batches = parquet.iter_batches(batch_size=_BATCH)
        # The names of the columns are there without rows too.
        for part, batch in enumerate(chain([parquet.schema_arrow.empty_table()], batches)):
            frame, first = pl.DataFrame(pl.from_arrow(batch)), part == 0
            plain(frame, ".").write_csv(english, include_header=first, line_terminator="\r\n")
            plain(frame, ",").write_csv(
                dutch, include_header=first, separator=";", line_terminator="\r\n", include_bom=first
            )
        return int(parquet.metadata.num_rows)


@contextmanager
def _packed(path: Path) -> Iterator[IO[bytes]]:
    """A compressed file to write to, with the same bytes at any time and in any folder."""
    with path.open("wb") as raw, gzip.GzipFile("", "wb", 6, raw, mtime=0) as file:
        yield cast("IO[bytes]", file)


def plain(frame: pl.DataFrame, decimal_mark: str) -> pl.DataFrame:
    """The frame as CSV has it: doubles written out (216360 rather than 216360.0), and no text that is a formula."""

    def text(name: str) -> pl.Expr:
        value = pl.col(name)
        whole = (value == value.round(0)) & (value.abs() < _EXACT)
        written = value.cast(pl.String).str.replace(".", decimal_mark, literal=True)
        return pl.when(whole).then(value.cast(pl.Int64, strict=False).cast(pl.String)).otherwise(written).alias(name)

    def guarded(name: str) -> pl.Expr:
        is_formula = pl.col(name).str.contains(_FORMULA)
        return pl.when(is_formula).then("'" + pl.col(name)).otherwise(pl.col(name)).alias(name)

    return frame.with_columns(
        *(text(name) for name, kind in frame.schema.items() if kind == pl.Float64),
        *(guarded(name) for name, kind in frame.schema.items() if kind == pl.String),
    )
