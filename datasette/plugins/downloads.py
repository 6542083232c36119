"""Whole tables as files, made with the release: complete, unlike a page of rows."""

from pathlib import Path
from typing import Any

from datasette import NotFound, Response, hookimpl
from datasette.app import Datasette
from datasette.utils import add_cors_headers
from datasette.utils.asgi import Request, asgi_send_file

CONTENT_TYPES = {
    "csv": "text/csv; charset=utf-8; header=present",
    "nl.csv": "text/csv; charset=utf-8; header=present",
    "parquet": "application/vnd.apache.parquet",
}
CHUNK_BYTES = 256 * 1024


def table_files(folder: Path, table: str) -> dict[str, int]:
    """Returns the size in bytes of each ready-made file of a table, by its extension."""
    files = {extension: folder / "tables" / f"{table}.{extension}" for extension in CONTENT_TYPES}
    return {extension: path.stat().st_size for extension, path in files.items() if path.is_file()}


async def download(request: Request, send: Any, datasette: Datasette) -> Response | None:
    """Sends a file of the release; 404 for any other name, 304 when the reader has it already."""
    table, extension = request.url_vars["table"], request.url_vars["extension"]
    path = datasette.portal.folder / "tables" / f"{table}.{extension}"
    if not path.is_file():
        raise NotFound(f"There is no file {table}.{extension} in this release")
    # A release never changes, so its id and the name are as good as a hash of the bytes.
    headers = {"ETag": f'"{datasette.portal.release_id}-{table}.{extension}"', "Cache-Control": "max-age=300"}
    if datasette.cors:
        add_cors_headers(headers)
    if request.headers.get("if-none-match") == headers["ETag"]:
        return Response("", status=304, headers=headers, content_type=CONTENT_TYPES[extension])
    if request.method == "HEAD":
        return Response("", headers=headers, content_type=CONTENT_TYPES[extension])
    await asgi_send_file(
        send, path, filename=path.name, content_type=CONTENT_TYPES[extension], chunk_size=CHUNK_BYTES, headers=headers
    )
    return None


@hookimpl
def register_routes() -> list[tuple[str, Any]]:
    """Puts the files at /downloads/<table>.csv, .nl.csv and .parquet."""
    extensions = "|".join(extension.replace(".", r"\.") for extension in CONTENT_TYPES)
    return [(rf"^/downloads/(?P<table>[a-z_]+)\.(?P<extension>{extensions})$", download)]


@hookimpl
def prepare_jinja2_environment(env: Any) -> None:
    """Lets table pages list the files of their table."""
    env.globals["table_files"] = table_files
