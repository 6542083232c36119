"""Compresses responses for clients that accept it, but not files that do not get smaller or are too large.

Compressing the whole database takes most of a minute, during which nobody else gets a response. A part of a file is
sent as it is too: it would not be that part any more.
"""

from collections.abc import Callable

from datasette import hookimpl
from starlette.middleware.gzip import GZipMiddleware

from portal.asgi import AsgiApp, Receive, Scope, Send, around

SUFFIXES = (".db", ".gz", ".parquet", ".zip", ".xlsx", ".png")
# On pages with a map the highest level takes three times as long as this one, for three hundredths less.
LEVEL = 5


# Wrappers with `trylast` are outermost, so that pages are compressed as all others have left them.
@hookimpl(trylast=True)
def asgi_wrapper() -> Callable[[AsgiApp], AsgiApp]:
    """Compresses, or removes `Accept-Encoding` from requests for those files."""

    async def handle(app: AsgiApp, scope: Scope, receive: Receive, send: Send) -> None:
        names = {name.lower() for name, _ in scope.get("headers", ())}
        if scope.get("path", "").endswith(SUFFIXES) or b"range" in names:
            headers = [(name, value) for name, value in scope["headers"] if name.lower() != b"accept-encoding"]
            await app({**scope, "headers": headers}, receive, send)
            return
        await GZipMiddleware(app, compresslevel=LEVEL)(scope, receive, send)

    return around(handle)
