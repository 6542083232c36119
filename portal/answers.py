"""How a page of our own, or the CSV of one, is answered."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from datasette.app import Datasette
from datasette.utils import add_cors_headers
from datasette.utils.asgi import Request, Response

from portal.csv_text import Row, write_csv
from portal.pages import DATABASE, OWN_PAGES_POLICY

CSV_TYPE = "text/csv; charset=utf-8; header=present"
# A release never changes, and a process serves one: a page may be kept for a while, but not over the next release.
KEPT = {"Cache-Control": "max-age=60"}


def language_of(request: Request) -> str:
    """Returns the language of the page that is asked for: English below /en, Dutch elsewhere."""
    return "en" if request.path == "/en" or request.path.startswith("/en/") else "nl"


async def read_rows(datasette: Datasette, sql: str, parameters: dict[str, Any] | None = None) -> list[Row]:
    """Returns the rows of a query on the release."""
    return [dict(row) for row in await datasette.get_database(DATABASE).execute(sql, parameters or {})]


async def answer_page(
    datasette: Datasette,
    request: Request,
    template: str,
    addresses: dict[str, str],
    context: dict[str, Any],
    status: int = 200,
) -> Response:
    """Returns a page of our own in the language of its address.

    Args:
        datasette: the server.
        request: what was asked.
        template: the name of the template.
        addresses: the path of this page in each language; what was asked behind the `?` goes along.
        context: what the template shows.
        status: the HTTP status.
    """
    lang = language_of(request)
    query = f"?{urlencode([(key, request.args[key]) for key in request.args])}" if request.args else ""
    other = addresses["nl" if lang == "en" else "en"] + query
    page = await datasette.render_template(
        template,
        {**context, "lang": lang, "own_page": True, "here": addresses[lang], "other_language_url": other},
        request=request,
        view_name="own_page",
    )
    return Response.html(page, status=status, headers={"Content-Security-Policy": OWN_PAGES_POLICY, **KEPT})


def answer_csv(
    datasette: Datasette, rows: Sequence[Row], columns: Sequence[str], name: str, *, dutch: bool
) -> Response:
    """Returns rows as a file to keep, for programs or as Dutch Excel opens it; each row names its release."""
    release = {"release_id": datasette.portal.release_id, "notice": datasette.portal.notice}
    content = write_csv([{**row, **release} for row in rows], [*columns, *release], dutch=dutch)
    headers = {"Content-Disposition": f'attachment; filename="{name}.{"nl." if dutch else ""}csv"', **KEPT}
    if datasette.cors:
        add_cors_headers(headers)
    return Response(content, headers=headers, content_type=CSV_TYPE)
