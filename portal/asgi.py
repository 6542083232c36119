"""How a plugin stands around the whole server, to look at every request or answer."""

import functools
from collections.abc import Awaitable, Callable
from typing import Any

Scope = dict[str, Any]
Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
AsgiApp = Callable[[Scope, Receive, Send], Awaitable[None]]


def around(handle: Callable[[AsgiApp, Scope, Receive, Send], Awaitable[None]]) -> Callable[[AsgiApp], AsgiApp]:
    """Returns the answer to Datasette's hook `asgi_wrapper`: `handle` gets every request, and the server within."""

    def wrap(app: AsgiApp) -> AsgiApp:
        # A server is an object of a class, of which the attributes are not ours to copy.
        @functools.wraps(app, updated=())
        async def wrapped(scope: Scope, receive: Receive, send: Send) -> None:
            await handle(app, scope, receive, send)

        return wrapped

    return wrap
