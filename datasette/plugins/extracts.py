"""Downloads of one region: all there is as a zip (`/gemeente/zwolle.zip`), its figures as an Excel file (`.xlsx`)."""

import asyncio
import functools
import json
from collections.abc import Awaitable, Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import xlsxwriter
from datasette import NotFound, Response, hookimpl
from datasette.app import Datasette
from datasette.utils.asgi import Request

import portal
from portal.answers import XLSX_TYPE, answer_without_body, file_headers
from portal.context import context_of
from portal.extract import PARTS, Extract, make_extract, query, zip_bytes
from portal.pages import DATABASE, MUNICIPALITY, file_routes, language, led_to, parts_of
from portal.region_sheets import read_region_book
from portal.workbook import workbook_bytes

PACKAGE_FILE = "datapackage.json"
REGION = "select * from regions where region_code = :code"


@functools.cache
def maker() -> str:
    """Returns a digest of the code that makes the files from a release: with other code, a file can differ."""
    files = [*Path(portal.__file__).parent.glob("*.py"), *(Path(__file__).parents[1] / "texts").glob("*.yml")]
    content = b"".join(path.read_bytes() for path in sorted(files))
    return sha256(content + xlsxwriter.__version__.encode()).hexdigest()[:12]


@functools.cache
def read_package(folder: Path) -> dict[str, Any]:
    """Returns the Data Package of the release: the names and meanings of its columns."""
    path = folder / PACKAGE_FILE
    if not path.is_file():
        raise NotFound(f"This release has no {PACKAGE_FILE}, so its columns cannot be described")
    package: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return package


async def read_extract(datasette: Datasette, region: dict[str, Any], lang: str) -> Extract:
    """Returns everything that the release says about a region."""
    package = read_package(context_of(datasette).folder)
    columns = {}
    for part in PARTS:
        found = await datasette.get_database(DATABASE).execute(query(part, package), {"code": region["region_code"]})
        values = zip(*found.rows, strict=True) if found.rows else ((),) * len(found.columns)
        columns[part.table] = dict(zip(found.columns, values, strict=True))
    return make_extract(package, context_of(datasette).texts, region, columns, lang, context_of(datasette).notice)


async def read_zip(datasette: Datasette, region: dict[str, Any], lang: str) -> Callable[[], bytes]:
    """Reads a region for its zip; what is returned packs it."""
    return functools.partial(zip_bytes, await read_extract(datasette, region, lang))


async def read_workbook(datasette: Datasette, region: dict[str, Any], lang: str) -> Callable[[], bytes]:
    """Reads a region for its workbook; what is returned writes it."""
    return functools.partial(workbook_bytes, await read_region_book(datasette, region, lang))


Reading = Callable[[Datasette, dict[str, Any], str], Awaitable[Callable[[], bytes]]]
KINDS: dict[str, tuple[str, Reading]] = {
    "zip": ("application/zip", read_zip),
    "xlsx": (XLSX_TYPE, read_workbook),
}


async def download(request: Request, datasette: Datasette) -> Response:
    """Sends the file of a region; 404 if the region does not exist, 304 if the client already has the file."""
    parts, lang, release = parts_of(request), language(request), context_of(datasette)
    extension, scheme = parts["extension"], parts.get("scheme", MUNICIPALITY)
    code = release.slugs.region_code(scheme, parts["region"])
    if code is None:
        raise NotFound(f"There is no region {parts['region']} of kind {scheme}")
    if elsewhere := led_to(request, release.region_url(code, lang)):
        return elsewhere
    content_type, read = KINDS[extension]
    name = f"regiokompas-{code}{'' if lang == 'nl' else f'-{lang}'}.{extension}"
    headers = file_headers(datasette, f"{maker()}-{name}", name)
    if answer := answer_without_body(request, headers, content_type):
        return answer
    found = await datasette.get_database(DATABASE).execute(REGION, {"code": code})
    write = await read(datasette, dict(found.first()), lang)
    # Packing takes a while; other readers must not have to wait for it.
    return Response(await asyncio.to_thread(write), headers=headers, content_type=content_type)


@hookimpl
def register_routes() -> list[tuple[str, Any]]:
    """Registers the files beside the profiles: the address of the page with `.zip` or `.xlsx`."""
    extension = rf"(?P<extension>{'|'.join(KINDS)})"
    return [route for page in ("municipality", "region") for route in file_routes(page, download, extension)]
