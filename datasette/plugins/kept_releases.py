"""Addresses that keep their figures: `/release/<id>/...` is the page as it was in that release, while it is kept."""

import re
from collections.abc import Callable
from typing import Any

from datasette import Response, hookimpl
from datasette.app import Datasette
from datasette.utils.asgi import Request
from starlette.datastructures import MutableHeaders

from portal.asgi import AsgiApp, Message, Receive, Scope, Send, around
from portal.context import context_of
from portal.kept_releases import KeptReleases
from portal.pages import FROZEN, language, not_found

FROZEN_PATH = re.compile(rf"^{FROZEN}/(?P<release>[^/]+)(?P<path>/.*)$")
# The addresses in a page that stay in the release; quotes and signs in texts are escaped, so these are never texts.
LINK = re.compile(rb'(?P<name>\s(?:href|src|action)=")/(?!/)')
METHODS = ("GET", "HEAD")


@hookimpl
def asgi_wrapper(datasette: Datasette) -> Callable[[AsgiApp], AsgiApp]:
    """Gives what is asked of a release to the server of that release: this one itself, if it is the one it serves."""
    kept = KeptReleases(datasette)

    async def handle(app: AsgiApp, scope: Scope, receive: Receive, send: Send) -> None:
        asked = FROZEN_PATH.match(scope.get("path", ""))
        if not asked or scope.get("method") not in METHODS or FROZEN_PATH.match(asked["path"]):
            await app(scope, receive, send)
            return
        newest = context_of(datasette).release_id
        serving = app if asked["release"] == newest else await kept.app_of(asked["release"])
        if serving is None:
            await app(scope, receive, send)
            return
        within = _Within(f"{FROZEN}/{asked['release']}", send)
        await serving({**_moved(scope, asked), "frozen": asked["release"], "newest": newest}, receive, within.send)

    return around(handle)


def _moved(scope: Scope, asked: re.Match[str]) -> Scope:
    """The request as the server of the release gets it; what it answers is read here, so it comes unpacked."""
    raw = scope.get("raw_path") or scope["path"].encode()
    cut = len(f"{FROZEN}/{asked['release']}".encode())
    headers = [(name, value) for name, value in scope["headers"] if name.lower() != b"accept-encoding"]
    return {**scope, "path": asked["path"], "raw_path": raw[cut:], "headers": headers}


class _Within:
    """Sends an answer on, with its links to the same release."""

    def __init__(self, base: str, send: Send) -> None:
        self._base, self._send = base, send
        self._start: Message = {}
        self._is_page = False
        self._parts: list[bytes] = []

    async def send(self, message: Message) -> None:
        """Sends a part of the answer; a page is sent when it is whole."""
        if message["type"] == "http.response.start":
            headers = self._headers(message)
            self._start = {**message, "headers": headers.raw}
            self._is_page = headers.get("content-type", "").startswith("text/html")
            if not self._is_page:
                await self._send(self._start)
        elif not self._is_page:
            await self._send(message)
        else:
            self._parts.append(message.get("body", b""))
            if not message.get("more_body"):
                await self._send_page(b"".join(self._parts))

    def _headers(self, message: Message) -> MutableHeaders:
        headers = MutableHeaders(raw=[(name.lower(), value) for name, value in message["headers"]])
        where = headers.get("location", "")
        if where.startswith("/"):
            headers["location"] = f"{self._base}{where}"
        # Search engines find the page of the newest release.
        headers["x-robots-tag"] = "noindex"
        return headers

    async def _send_page(self, page: bytes) -> None:
        headers = MutableHeaders(raw=self._start["headers"])
        del headers["content-length"]
        await self._send({**self._start, "headers": headers.raw})
        moved = LINK.sub(rb"\g<name>" + self._base.encode() + b"/", page)
        await self._send({"type": "http.response.body", "body": moved})


@hookimpl
def extra_template_vars(request: Request | None) -> dict[str, Any]:
    """Tells templates of which release the reader asked to see the page, and which one is the newest."""
    scope = request.scope if request else {}
    return {"frozen": scope.get("frozen"), "newest": scope.get("newest")}


async def gone(request: Request, datasette: Datasette) -> Response:
    """Says that a release is not kept here, and leads to the same page of the newest one."""
    release, path = context_of(datasette), f"/{request.url_vars['path']}"
    lang = language(Request({**request.scope, "path": path}, None))
    title = release.text("frozen", "gone", lang).format(release=request.url_vars["release"])
    return await not_found(datasette, request, "home", title, links={path: release.text("frozen", "newest", lang)})


@hookimpl
def register_routes() -> list[tuple[str, Any]]:
    """Registers what is answered for a release that is not kept."""
    return [(rf"^{FROZEN}/(?P<release>[^/]+)/(?P<path>.*)$", gone)]
