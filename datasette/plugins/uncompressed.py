"""Keeps files that do not get smaller, or are too large to compress for one reader, away from datasette-gzip.

Compressing the whole database takes most of a minute, in which nobody else is answered.
"""

from collections.abc import Callable

from datasette import hookimpl

from portal.asgi import AsgiApp, Receive, Scope, Send, around

SUFFIXES = (".db", ".gz", ".parquet", ".zip", ".xlsx")


# Wrappers that come last are outermost, and of those the one that was registered last: ours, after the one of the
# package. So it never sees that the reader can take gzip.
@hookimpl(trylast=True)
def asgi_wrapper() -> Callable[[AsgiApp], AsgiApp]:
    """Takes `Accept-Encoding` out of requests for these files."""

    async def handle(app: AsgiApp, scope: Scope, receive: Receive, send: Send) -> None:
        if scope.get("path", "").endswith(SUFFIXES):
            headers = [(name, value) for name, value in scope["headers"] if name.lower() != b"accept-encoding"]
            scope = {**scope, "headers": headers}
        await app(scope, receive, send)

    return around(handle)
