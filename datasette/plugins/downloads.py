"""Whole tables as files, made with the release: complete, unlike a page of rows; and the files that describe them."""

import re
from typing import Any

from datasette import hookimpl
from datasette.app import Datasette
from datasette.utils.asgi import Request

from portal.asgi import Receive
from portal.context import context_of
from portal.pages import DATABASE
from portal.release_form import PACKED
from portal.sent_files import send_file
from portal.tables import CONTENT_TYPES

FILES = {
    "/datapackage.json": ("datapackage.json", "application/json"),
    "/csvw.json": ("csv-metadata.json", "application/csvm+json"),
    "/catalogue.ttl": ("catalogue.ttl", "text/turtle; charset=utf-8"),
    "/catalogue.jsonld": ("catalogue.jsonld", "application/ld+json"),
    f"/{DATABASE}.db": (f"{DATABASE}.db", "application/vnd.sqlite3"),
}
PACKED_TYPE = "application/gzip"


async def download(request: Request, receive: Receive, datasette: Datasette) -> Any:
    """Sends a table of the release as a file, unpacked unless the name ends with .gz; 404 for any other name."""
    table, extension, packed = (request.url_vars[name] for name in ("table", "extension", "packed"))
    name, content_type = f"{table}.{extension}", CONTENT_TYPES[extension]
    if packed:
        name, content_type = f"{name}{PACKED}", PACKED_TYPE
    return send_file(request, receive, datasette, context_of(datasette).folder / "tables" / name, content_type)


async def describe(request: Request, receive: Receive, datasette: Datasette) -> Any:
    """Sends a file of the release itself: what describes its tables, or its database."""
    name, content_type = FILES[request.path]
    return send_file(request, receive, datasette, context_of(datasette).folder / name, content_type)


@hookimpl
def register_routes() -> list[tuple[str, Any]]:
    """Registers the files at /downloads/<table>.csv, .nl.csv and .parquet, with their descriptions directly below.

    They are at /tables/ too, where the descriptions expect them, so that these can be read from here; with .gz at the
    end, as the release keeps them.
    """
    extensions = "|".join(extension.replace(".", r"\.") for extension in CONTENT_TYPES)
    tables = rf"^/(?:downloads|tables)/(?P<table>[a-z_]+)\.(?P<extension>{extensions})(?P<packed>\.gz)?$"
    return [(tables, download), *((f"^{re.escape(path)}$", describe) for path in FILES)]
