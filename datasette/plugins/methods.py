"""Refuses every request that is not to read: nothing can be changed here, and no page is an answer to a POST."""

from collections.abc import Callable
from http import HTTPStatus

from datasette import Response, hookimpl
from datasette.app import Datasette
from datasette.utils import add_cors_headers

from portal.asgi import AsgiApp, Receive, Scope, Send, around

READING = ("GET", "HEAD", "OPTIONS")
# Those that answer for themselves: the API with a problem, and the one that is asked by POST.
OWN_ANSWER = ("/v1", "/mcp")


@hookimpl
def asgi_wrapper(datasette: Datasette) -> Callable[[AsgiApp], AsgiApp]:
    """Answers OPTIONS with what is allowed, and any method that does not read with 405."""

    async def handle(app: AsgiApp, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path", "")
        is_ours = scope["type"] == "http" and not any(path == own or path.startswith(f"{own}/") for own in OWN_ANSWER)
        if not is_ours or scope["method"] in READING[:2]:
            await app(scope, receive, send)
            return
        headers = {"Allow": ", ".join(READING)}
        if datasette.cors:
            add_cors_headers(headers)
        if scope["method"] == "OPTIONS":
            await Response("", status=HTTPStatus.NO_CONTENT, headers=headers).asgi_send(send)
        else:
            told = f"{scope['method']} is not allowed: this site is to read"
            await Response.text(told, status=HTTPStatus.METHOD_NOT_ALLOWED, headers=headers).asgi_send(send)

    return around(handle)
