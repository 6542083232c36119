"""Whole tables as files, made with the release: complete, unlike a page of rows; and the files that describe them."""

import asyncio
import gzip
import re
from pathlib import Path
from typing import Any

from datasette import NotFound, Response, hookimpl
from datasette.app import Datasette
from datasette.utils.asgi import Request, asgi_send_file

from portal.answers import answer_without_body, file_headers
from portal.context import context_of
from portal.tables import CONTENT_TYPES, PACKED

DESCRIPTIONS = {
    "/datapackage.json": ("datapackage.json", "application/json"),
    "/csvw.json": ("csv-metadata.json", "application/csvm+json"),
}
CHUNK_BYTES = 256 * 1024
PACKED_TYPE = "application/gzip"


async def download(request: Request, send: Any, datasette: Datasette) -> Response | None:
    """Sends a table of the release as a file, unpacked unless the name ends with .gz; 404 for any other name."""
    table, extension, packed = (request.url_vars[name] for name in ("table", "extension", "packed"))
    path = context_of(datasette).folder / "tables" / f"{table}.{extension}{PACKED}"
    if packed:
        return await send_file(request, send, datasette, path, PACKED_TYPE)
    if path.is_file():
        return await send_unpacked(request, send, datasette, path, CONTENT_TYPES[extension])
    return await send_file(request, send, datasette, path.with_suffix(""), CONTENT_TYPES[extension])


async def send_unpacked(
    request: Request, send: Any, datasette: Datasette, path: Path, content_type: str
) -> Response | None:
    """Sends the contents of a packed file; to clients that accept gzip, the packed bytes as they are."""
    takes_packed = "gzip" in request.headers.get("accept-encoding", "")
    headers = file_headers(datasette, path.name if takes_packed else path.stem, path.stem)
    headers |= {"Content-Encoding": "gzip", "Vary": "Accept-Encoding"} if takes_packed else {}
    if answer := answer_without_body(request, headers, content_type):
        return answer
    told = [
        (name.lower().encode(), value.encode()) for name, value in {**headers, "Content-Type": content_type}.items()
    ]
    await send({"type": "http.response.start", "status": 200, "headers": told})
    with path.open("rb") if takes_packed else gzip.open(path) as file:
        while chunk := await asyncio.to_thread(file.read, CHUNK_BYTES):
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
    await send({"type": "http.response.body", "body": b""})
    return None


async def describe(request: Request, send: Any, datasette: Datasette) -> Response | None:
    """Sends a description of the files of the release."""
    name, content_type = DESCRIPTIONS[request.path]
    return await send_file(request, send, datasette, context_of(datasette).folder / name, content_type)


async def send_file(
    request: Request, send: Any, datasette: Datasette, path: Path, content_type: str
) -> Response | None:
    """Sends a file of the release; 404 if it does not exist, 304 if the client already has it."""
    if not path.is_file():
        raise NotFound(f"There is no file {path.name} in this release")
    # A release never changes, so its id and the name are as good as a hash of the bytes.
    headers = file_headers(datasette, path.name)
    if answer := answer_without_body(request, headers, content_type):
        return answer
    await asgi_send_file(
        send, path, filename=path.name, content_type=content_type, chunk_size=CHUNK_BYTES, headers=headers
    )
    return None


@hookimpl
def register_routes() -> list[tuple[str, Any]]:
    """Registers the files at /downloads/<table>.csv, .nl.csv and .parquet, with their descriptions directly below.

    They are at /tables/ too, where the descriptions expect them, so that these can be read from here; with .gz at the
    end, as the release keeps them.
    """
    extensions = "|".join(extension.replace(".", r"\.") for extension in CONTENT_TYPES)
    tables = rf"^/(?:downloads|tables)/(?P<table>[a-z_]+)\.(?P<extension>{extensions})(?P<packed>\.gz)?$"
    return [(tables, download), *((f"^{re.escape(path)}$", describe) for path in DESCRIPTIONS)]
