"""Connections to DuckDB, as every part of a run opens them. Not here: the queries, and the one writer, dbt."""

from pathlib import Path

import duckdb


def connect(path: Path | None = None, *, read_only: bool = False, **config: str | int) -> duckdb.DuckDBPyConnection:
    """A connection that shows no progress bar between the lines of a run.

    Args:
        path: the file; without one the database is in memory.
        read_only: whether the file must exist and is not changed.
        config: settings of DuckDB.
    """
    con = duckdb.connect(str(path or ":memory:"), read_only=read_only, config=dict(config))
    con.execute("set enable_progress_bar = false")
    return con
