"""How the figures of a page are answered as CSV, and what every file says of the release that it comes from."""

from collections.abc import Iterable, Sequence

from datasette.app import Datasette
from datasette.utils import add_cors_headers
from datasette.utils.asgi import Request, Response

from portal.context import context_of
from portal.csv_text import Row, write_csv

CSV_TYPE = "text/csv; charset=utf-8; header=present"
# A release never changes, and a process serves one: an answer may be kept for a while, but not over the next release.
KEPT = {"Cache-Control": "max-age=60"}


def answer_csv(
    datasette: Datasette, request: Request, rows: Iterable[Row], columns: Sequence[str], name: str
) -> Response:
    """Returns rows as a file to keep, each with its release: as Dutch Excel opens it where `.nl.csv` was asked for.

    Args:
        datasette: the server.
        request: what was asked.
        rows: by column.
        columns: those of the file, without `release_id` and `notice`, which come last in every file.
        name: what the file is called, without its extension.
    """
    context = context_of(datasette)
    release = {"release_id": context.release_id, "notice": context.notice}
    dutch = request.path.endswith(".nl.csv")
    content = write_csv([{**row, **release} for row in rows], [*columns, *release], dutch=dutch)
    headers = {"Content-Disposition": f'attachment; filename="{name}{".nl" if dutch else ""}.csv"', **KEPT}
    return Response(content, headers=_shared(datasette, headers), content_type=CSV_TYPE)


def refuse_csv(datasette: Datasette, problems: Sequence[str], status: int) -> Response:
    """Returns what is wrong with the question for a file, a line each."""
    text = "\n".join(problems) + "\n"
    answer: Response = Response.text(text, status=status, headers=_shared(datasette, dict(KEPT)))
    return answer


def file_headers(datasette: Datasette, tag: str, name: str | None = None) -> dict[str, str]:
    """Returns the headers of a file of the release; `tag` with the release stands for its bytes.

    With `name` a browser keeps the file under that name.
    """
    headers = {"ETag": f'"{context_of(datasette).release_id}-{tag}"', "Cache-Control": "max-age=300"}
    return _shared(datasette, {**headers, "Content-Disposition": f'attachment; filename="{name}"'} if name else headers)


def answer_without_body(request: Request, headers: dict[str, str], content_type: str) -> Response | None:
    """Returns the answer to who has these bytes already or asks for the headers alone; None to who wants them."""
    if has_already(request.headers.get("if-none-match"), headers["ETag"]):
        return Response("", status=304, headers=headers, content_type=content_type)
    return Response("", headers=headers, content_type=content_type) if request.method == "HEAD" else None


def has_already(if_none_match: str | None, etag: str) -> bool:
    """Whether the reader says to have this answer."""
    tags = [tag.strip().removeprefix("W/") for tag in (if_none_match or "").split(",")]
    return etag in tags or "*" in tags


def _shared(datasette: Datasette, headers: dict[str, str]) -> dict[str, str]:
    if datasette.cors:
        add_cors_headers(headers)
    return headers
