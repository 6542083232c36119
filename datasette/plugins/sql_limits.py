"""Keeps SQL written by the public from exhausting the server's memory or reading its file paths.

Datasette's time limit cannot interrupt a single function call, and a few functions produce gigabytes from nothing, so
sizes are limited in SQLite itself and those functions are refused.
"""

import sqlite3
from pathlib import Path

from datasette import hookimpl
from datasette.app import Datasette

from portal.pages import DATABASE
from portal.revisions import HISTORY

MAX_VALUE_BYTES = 5_000_000
# For all connections of the process together: an aggregate can grow large without any single value being long.
MAX_HEAP_BYTES = 256 * 1024 * 1024
# Of each connection, of which there are several for every release that is served: what is read again is in the memory
# of the machine, since the file never changes.
CACHE_KILOBYTES = 512

LIMITS = {
    sqlite3.SQLITE_LIMIT_LENGTH: MAX_VALUE_BYTES,
    sqlite3.SQLITE_LIMIT_SQL_LENGTH: 50_000,
    sqlite3.SQLITE_LIMIT_COLUMN: 500,
    sqlite3.SQLITE_LIMIT_EXPR_DEPTH: 200,
    sqlite3.SQLITE_LIMIT_COMPOUND_SELECT: 50,
    sqlite3.SQLITE_LIMIT_VDBE_OP: 250_000,
    sqlite3.SQLITE_LIMIT_LIKE_PATTERN_LENGTH: 1_000,
    sqlite3.SQLITE_LIMIT_ATTACHED: 0,
}
REFUSED_FUNCTIONS = frozenset(
    {"zeroblob", "randomblob", "printf", "format", "load_extension", "fts3_tokenizer"},
)
# What others ask at the same time, and how the file is laid out, are nobody's business.
REFUSED_TABLES = frozenset({"sqlite_stmt", "dbstat"})


def authorize(action: int, first: str | None, second: str | None, _database: str | None, _trigger: str | None) -> int:
    """Tells SQLite whether a statement may use what it names."""
    if action == sqlite3.SQLITE_FUNCTION and (second or "").lower() in REFUSED_FUNCTIONS:
        return sqlite3.SQLITE_DENY
    if action == sqlite3.SQLITE_READ and (first or "").lower() in REFUSED_TABLES:
        return sqlite3.SQLITE_DENY
    if action == sqlite3.SQLITE_READ and first == "pragma_database_list" and second == "file":
        return sqlite3.SQLITE_IGNORE
    return sqlite3.SQLITE_OK


@hookimpl
def prepare_connection(conn: sqlite3.Connection, database: str, datasette: Datasette) -> None:
    """Sets the limits on every connection that runs queries of the public."""
    if database == "_internal":
        return
    if database == HISTORY:
        # So that what changed can be asked for beside what it is about; no other file can be attached after this.
        release = Path(datasette.get_database(DATABASE).path).resolve()
        conn.execute("attach ? as release", [f"{release.as_uri()}?mode=ro&immutable=1"])
    conn.execute(f"pragma hard_heap_limit={MAX_HEAP_BYTES}")
    conn.execute(f"pragma cache_size={-CACHE_KILOBYTES}")
    # What is sorted is in that memory too: else a disk that is full fails pages, and a question can fill it.
    conn.execute("pragma temp_store=memory")
    for limit, value in LIMITS.items():
        conn.setlimit(limit, value)
    conn.set_authorizer(authorize)
