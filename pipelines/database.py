"""Connections to DuckDB, as every part of a run opens them. Not here: the queries, and the one writer, dbt."""

import atexit
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import duckdb

_MEMORY = "256MB"
# A database in memory takes longer to open than most files take to scan.
_IDLE = deque[duckdb.DuckDBPyConnection]()
# What is left at the end of a program would be told of in its terminal.
atexit.register(_IDLE.clear)


def connect(path: Path | None = None, *, read_only: bool = False, **config: str | int) -> duckdb.DuckDBPyConnection:
    """A connection that shows no progress bar between the lines of a run.

    Args:
        path: the file; without one the database is in memory.
        read_only: whether the file must exist and is not changed.
        config: settings of DuckDB.
    """
    if path:
        # Beside it is room for what does not fit; DuckDB would take most of the machine's memory first.
        config = {"memory_limit": _MEMORY, **config}
    con = duckdb.connect(str(path or ":memory:"), read_only=read_only, config=dict(config))
    con.execute("set enable_progress_bar = false")
    return con


def is_interruption(error: BaseException) -> bool:
    """Whether an error is what DuckDB makes of a signal that a query is stopped by."""
    return isinstance(error, RuntimeError) and str(error) == "Query interrupted"


@contextmanager
def scanning(folder: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection that reads files in pieces, and spills to a folder what does not fit into its 64 MB of memory.

    What it is asked leaves no table behind: the next scan may get the same connection.
    """
    con = _idle(folder) or connect(memory_limit="64MB", threads=2, temp_directory=str(folder))
    try:
        yield con
    except BaseException:
        con.close()
        raise
    _IDLE.append(con)


def _idle(folder: Path) -> duckdb.DuckDBPyConnection | None:
    """A connection that is over with its scan; None where there is none that can spill to another folder."""
    with suppress(IndexError):
        while con := _IDLE.pop():
            try:
                con.execute("set temp_directory = $folder", {"folder": str(folder)})
            except duckdb.Error:
                # It has spilled to the one before.
                con.close()
            else:
                return con
    return None
