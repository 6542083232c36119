"""Leaves out of every request what other sites append to a shared link, before any page looks at its parameters."""

from collections.abc import Callable

from datasette import hookimpl

from portal.asgi import AsgiApp, Receive, Scope, Send, around
from portal.tracking import without_tracking


@hookimpl
def asgi_wrapper() -> Callable[[AsgiApp], AsgiApp]:
    """Takes the parameters out of the query string."""

    async def handle(app: AsgiApp, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            scope = {**scope, "query_string": without_tracking(scope.get("query_string", b""))}
        await app(scope, receive, send)

    return around(handle)
