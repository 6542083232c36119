"""Keeps datasette-gzip away from files that do not get smaller, or are too large to compress for one reader.

Compressing the whole database takes most of a minute, during which nobody else gets a response. A part of a file is
sent as it is too: it would not be that part any more.
"""

from collections.abc import Callable

from datasette import hookimpl

from portal.asgi import AsgiApp, Receive, Scope, Send, around

SUFFIXES = (".db", ".gz", ".parquet", ".zip", ".xlsx")


# Wrappers with `trylast` are outermost, and among those the one registered last: ours, after that of the package. So
# the package never sees that the client accepts gzip.
@hookimpl(trylast=True)
def asgi_wrapper() -> Callable[[AsgiApp], AsgiApp]:
    """Removes `Accept-Encoding` from requests for these files."""

    async def handle(app: AsgiApp, scope: Scope, receive: Receive, send: Send) -> None:
        names = {name.lower() for name, _ in scope.get("headers", ())}
        if scope.get("path", "").endswith(SUFFIXES) or b"range" in names:
            headers = [(name, value) for name, value in scope["headers"] if name.lower() != b"accept-encoding"]
            scope = {**scope, "headers": headers}
        await app(scope, receive, send)

    return around(handle)
