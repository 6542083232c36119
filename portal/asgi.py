"""Wraps the whole server in a plugin that sees every request and response."""

import functools
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
AsgiApp = Callable[[Scope, Receive, Send], Awaitable[None]]


def around(handle: Callable[[AsgiApp, Scope, Receive, Send], Awaitable[None]]) -> Callable[[AsgiApp], AsgiApp]:
    """Returns a value for Datasette's hook `asgi_wrapper`: `handle` gets the wrapped server and every request."""

    def wrap(app: AsgiApp) -> AsgiApp:
        # The server can be an object of a class, whose attributes are not ours to copy.
        @functools.wraps(app, updated=())
        async def wrapped(scope: Scope, receive: Receive, send: Send) -> None:
            await handle(app, scope, receive, send)

        return wrapped

    return wrap
