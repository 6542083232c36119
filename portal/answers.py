"""Sends the figures of a page as CSV, and adds to every file which release it comes from."""

import asyncio
from collections.abc import Iterable, Sequence
from hashlib import sha256

from datasette.app import Datasette
from datasette.utils import add_cors_headers
from datasette.utils.asgi import Request, Response

from portal.context import context_of
from portal.csv_text import Row, write_columns, write_csv
from portal.csv_words import in_words
from portal.pages import language
from portal.workbook import Book, workbook_bytes

XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CSV_TYPE = "text/csv; charset=utf-8; header=present"
# A release never changes and a process serves one, so a response may be cached for a while, but not past the next one.
KEPT = {"Cache-Control": "max-age=60"}


def answer_csv(
    datasette: Datasette, request: Request, rows: Iterable[Row], columns: Sequence[str], name: str
) -> Response:
    """Returns rows as a file to download, each with its release; for Dutch Excel and in words if that is `.nl.csv`.

    Args:
        datasette: the server.
        request: the request.
        rows: the rows, by column.
        columns: the columns of the file, without `release_id` and `notice`, which come last in every file.
        name: the name of the file, without its extension.
    """
    context = context_of(datasette)
    release = {"release_id": context.release_id, "notice": context.notice}
    dutch, whole = request.path.endswith(".nl.csv"), [{**row, **release} for row in rows]
    if dutch:
        content = write_columns(in_words(whole, [*columns, *release], context, language(request)), dutch=True)
    else:
        content = write_csv(whole, [*columns, *release], dutch=False)
    headers = {"Content-Disposition": f'attachment; filename="{name}{".nl" if dutch else ""}.csv"', **KEPT}
    return Response(content, headers=_shared(datasette, headers), content_type=CSV_TYPE)


async def answer_workbook(datasette: Datasette, request: Request, book: Book, name: str) -> Response:
    """Returns sheets as an Excel file to download; `name` is its name, without its extension."""
    # Writing takes a while; other readers must not have to wait for it.
    content = await asyncio.to_thread(workbook_bytes, book)
    headers = file_headers(datasette, sha256(content).hexdigest()[:12], f"{name}.xlsx")
    if answer := answer_without_body(request, headers, XLSX_TYPE):
        return answer
    return Response(content, headers=headers, content_type=XLSX_TYPE)


def refuse_csv(datasette: Datasette, problems: Sequence[str], status: int) -> Response:
    """Returns the problems with a request for a file, one per line."""
    text = "\n".join(problems) + "\n"
    answer: Response = Response.text(text, status=status, headers=_shared(datasette, dict(KEPT)))
    return answer


def file_headers(datasette: Datasette, tag: str, name: str | None = None) -> dict[str, str]:
    """Returns the headers of a file of the release; `tag` and the release together identify its bytes.

    With `name`, a browser saves the file under that name.
    """
    headers = {"ETag": f'"{context_of(datasette).release_id}-{tag}"', "Cache-Control": "max-age=300"}
    return _shared(datasette, {**headers, "Content-Disposition": f'attachment; filename="{name}"'} if name else headers)


def answer_without_body(request: Request, headers: dict[str, str], content_type: str) -> Response | None:
    """Returns the response if the client has these bytes or wants only the headers; None if it wants the bytes."""
    if has_already(request.headers.get("if-none-match"), headers["ETag"]):
        return Response("", status=304, headers=headers, content_type=content_type)
    return Response("", headers=headers, content_type=content_type) if request.method == "HEAD" else None


def has_already(if_none_match: str | None, etag: str) -> bool:
    """Whether the client says that it already has this response."""
    tags = [tag.strip().removeprefix("W/") for tag in (if_none_match or "").split(",")]
    return etag in tags or "*" in tags


def _shared(datasette: Datasette, headers: dict[str, str]) -> dict[str, str]:
    if datasette.cors:
        add_cors_headers(headers)
    return headers
