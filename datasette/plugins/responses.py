"""The headers of every response: the sample notice, the release it comes from, and the browser security policy."""

from collections.abc import Callable
from typing import Any

from datasette import NotFound, Response, hookimpl
from datasette.app import Datasette
from datasette.renderer import json_renderer

from portal.asgi import AsgiApp, Message, Receive, Scope, Send, around
from portal.context import context_of

# Datasette's own pages have small inline scripts and styles; our own pages send a stricter policy themselves.
STOCK_PAGES_POLICY = (
    "default-src 'none'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'self'"
)
PUBLIC_INTERNALS = ("static", "static-plugins", "metadata", "search")


@hookimpl
def asgi_wrapper(datasette: Datasette) -> Callable[[AsgiApp], AsgiApp]:
    """Adds the headers to every response, whichever view or plugin made it."""

    async def handle(app: AsgiApp, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": _with_headers(datasette, message.get("headers", []))}
            await send(message)

        await app(scope, receive, send_with_headers)

    return around(handle)


def _with_headers(datasette: Datasette, headers: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    portal = context_of(datasette)
    wanted = {
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "strict-origin-when-cross-origin",
        "Content-Security-Policy": STOCK_PAGES_POLICY,
        "X-Regiokompas-Release": portal.release_id,
    }
    if portal.ascii_notice:
        wanted["X-Regiokompas-Notice"] = portal.ascii_notice
    present = {name.lower() for name, _ in headers}
    added = [(k.lower().encode(), v.encode()) for k, v in wanted.items() if k.lower().encode() not in present]
    exposed = ", ".join(["Link", "ETag", "API-Version", *(k for k in wanted if k.startswith("X-Regiokompas"))]).encode()
    return [
        (name, exposed if name.lower() == b"access-control-expose-headers" else value) for name, value in headers
    ] + added


@hookimpl
def register_routes() -> list[tuple[str, Callable[..., Any]]]:
    """Hides the pages that expose the machine: every `/-/` page that is not named here."""
    return [(rf"^/-/(?!({'|'.join(PUBLIC_INTERNALS)})(/|\.json|$)).*$", _hidden)]


def _hidden(datasette: Datasette) -> None:
    raise NotFound("Page not found")


@hookimpl
def register_output_renderer(datasette: Datasette) -> dict[str, Any]:
    """Replaces Datasette's JSON by the same JSON with the sample notice in the object around the rows."""

    def render(args: Any, data: dict[str, Any], view_name: str) -> Response:
        if notice := context_of(datasette).notice:
            data = {"notice": notice, **data}
        answer: Response = json_renderer(args, data, view_name)
        return answer

    return {"extension": "json", "render": render, "can_render": lambda: True}
