"""Whole tables as files, made with the release: complete, unlike a page of rows; and the files that describe them."""

import asyncio
import gzip
import re
from pathlib import Path
from typing import Any

from datasette import NotFound, Response, hookimpl
from datasette.app import Datasette
from datasette.utils.asgi import Request
from starlette.responses import FileResponse

from portal.answers import answer_without_body, file_headers, has_already
from portal.asgi import Receive, Send
from portal.context import context_of
from portal.pages import DATABASE
from portal.tables import CONTENT_TYPES, PACKED

FILES = {
    "/datapackage.json": ("datapackage.json", "application/json"),
    "/csvw.json": ("csv-metadata.json", "application/csvm+json"),
    f"/{DATABASE}.db": (f"{DATABASE}.db", "application/vnd.sqlite3"),
}
CHUNK_BYTES = 256 * 1024
PACKED_TYPE = "application/gzip"


class FileAnswer:
    """A file as it is on disk, or the part of it that is asked for (Range, If-Range); ends when the client hangs up."""

    def __init__(self, request: Request, receive: Receive, file: FileResponse) -> None:
        self._scope, self._receive, self._file = request.scope, receive, file

    async def asgi_send(self, send: Send) -> None:
        """Sends the file."""
        await self._file(self._scope, self._receive, send)


async def download(
    request: Request, receive: Receive, send: Send, datasette: Datasette
) -> Response | FileAnswer | None:
    """Sends a table of the release as a file, unpacked unless the name ends with .gz; 404 for any other name."""
    table, extension, packed = (request.url_vars[name] for name in ("table", "extension", "packed"))
    path = context_of(datasette).folder / "tables" / f"{table}.{extension}{PACKED}"
    if packed:
        return send_file(request, receive, datasette, path, PACKED_TYPE)
    if not path.is_file():
        return send_file(request, receive, datasette, path.with_suffix(""), CONTENT_TYPES[extension])
    if "gzip" in request.headers.get("accept-encoding", ""):
        headers = file_headers(datasette, path.name, path.stem)
        headers |= {"Content-Encoding": "gzip", "Vary": "Accept-Encoding"}
        return send_file(request, receive, datasette, path, CONTENT_TYPES[extension], headers)
    return await send_unpacked(request, send, datasette, path, CONTENT_TYPES[extension])


async def send_unpacked(
    request: Request, send: Send, datasette: Datasette, path: Path, content_type: str
) -> Response | None:
    """Sends the contents of a packed file as a whole: no part can be found without unpacking what is before it."""
    headers = {**file_headers(datasette, path.stem, path.stem), "Vary": "Accept-Encoding", "Accept-Ranges": "none"}
    if answer := answer_without_body(request, headers, content_type):
        return answer
    told = [
        (name.lower().encode(), value.encode()) for name, value in {**headers, "Content-Type": content_type}.items()
    ]
    await send({"type": "http.response.start", "status": 200, "headers": told})
    with gzip.open(path) as file:
        while chunk := await asyncio.to_thread(file.read, CHUNK_BYTES):
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
    await send({"type": "http.response.body", "body": b""})
    return None


async def describe(request: Request, receive: Receive, datasette: Datasette) -> Response | FileAnswer:
    """Sends a file of the release itself: what describes its tables, or its database."""
    name, content_type = FILES[request.path]
    return send_file(request, receive, datasette, context_of(datasette).folder / name, content_type)


def send_file(
    request: Request,
    receive: Receive,
    datasette: Datasette,
    path: Path,
    content_type: str,
    headers: dict[str, str] | None = None,
) -> Response | FileAnswer:
    """Sends a file of the release; 404 if it does not exist, 304 if the client already has it."""
    if not path.is_file():
        raise NotFound(f"There is no file {path.name} in this release")
    # A release never changes, so its id and the name are as good as a hash of the bytes.
    told = headers or file_headers(datasette, path.name, path.name)
    if has_already(request.headers.get("if-none-match"), told["ETag"]):
        return Response("", status=304, headers=told, content_type=content_type)
    return FileAnswer(request, receive, FileResponse(path, headers=told, media_type=content_type))


@hookimpl
def register_routes() -> list[tuple[str, Any]]:
    """Registers the files at /downloads/<table>.csv, .nl.csv and .parquet, with their descriptions directly below.

    They are at /tables/ too, where the descriptions expect them, so that these can be read from here; with .gz at the
    end, as the release keeps them.
    """
    extensions = "|".join(extension.replace(".", r"\.") for extension in CONTENT_TYPES)
    tables = rf"^/(?:downloads|tables)/(?P<table>[a-z_]+)\.(?P<extension>{extensions})(?P<packed>\.gz)?$"
    return [(tables, download), *((f"^{re.escape(path)}$", describe) for path in FILES)]
