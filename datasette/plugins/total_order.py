"""Gives sorted pages an order in which no two rows are equal, so that paging shows each row exactly once.

Datasette sorts the first page by the chosen column alone, and later pages by that column and the key. Where many rows
share a value, the two orders differ and rows are lost between pages. So the first page is requested like later ones:
as the page after an imaginary row before all others. A file of all rows has no such starting point, so it is in the
order of the key, however the page that links to it is sorted.
"""

import re
from collections.abc import Callable
from urllib.parse import parse_qsl, urlencode

from datasette import hookimpl
from datasette.app import Datasette
from datasette.utils import tilde_encode

from portal.asgi import AsgiApp, Receive, Scope, Send, around

# Above every number, as all text is in SQLite, and above every text.
ABOVE_ALL = "\U0010ffff"
BELOW_TEXTS, BELOW_NUMBERS = "", "-9e999"
NUMBERS = ("INTEGER", "REAL", "NUMERIC")


@hookimpl
def asgi_wrapper(datasette: Datasette) -> Callable[[AsgiApp], AsgiApp]:
    """Adds the starting point to the address of the first page of sorted rows."""

    async def handle(app: AsgiApp, scope: Scope, receive: Receive, send: Send) -> None:
        if re.search(b"_sort|_next", scope.get("query_string", b"")):
            scope = {**scope, "query_string": await _query(datasette, scope)}
        await app(scope, receive, send)

    return around(handle)


async def _query(datasette: Datasette, scope: Scope) -> bytes:
    given: bytes = scope["query_string"]
    asked = parse_qsl(given.decode("latin-1"), keep_blank_values=True)
    names = {name for name, value in asked if value}
    if "_stream" in names:
        return urlencode([pair for pair in asked if pair[0] not in ("_sort", "_sort_desc", "_next")]).encode()
    if "_next" in names or not names & {"_sort", "_sort_desc"}:
        return given
    start = await _start(datasette, scope["path"], is_descending="_sort_desc" in names)
    return given + b"&" + urlencode({"_next": start}).encode() if start else given


async def _start(datasette: Datasette, path: str, *, is_descending: bool) -> str | None:
    """The paging token of the row before all others of a table; None if the address is not that of a table."""
    database_name, _, table = path.strip("/").partition("/")
    table = table.removesuffix(".json").removesuffix(".csv")
    if database_name not in datasette.databases:
        return None
    database = datasette.get_database(database_name)
    if table not in await database.table_names():
        return None
    types = {column.name: column.type for column in await database.table_column_details(table)}
    keys = await database.primary_keys(table) or ["rowid"]
    below = [BELOW_NUMBERS if types.get(key, "INTEGER") in NUMBERS else BELOW_TEXTS for key in keys]
    # Rows without a value come first in ascending order and last in descending order.
    first = tilde_encode(ABOVE_ALL) if is_descending else "$null"
    return ",".join([first, *map(tilde_encode, below)])
