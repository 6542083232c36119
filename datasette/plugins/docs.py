"""The documentation of Regiokompas: /docs and /en/docs, and every page of it."""

from typing import Any

from datasette import Response, hookimpl
from datasette.app import Datasette
from datasette.utils.asgi import Request
from markupsafe import Markup

from portal.context import context_of
from portal.docs_pages import WRITTEN_ADDRESS, read_docs
from portal.pages import language, not_found, page_url, parts_of, render, routes


async def docs_page(request: Request, datasette: Datasette) -> Response:
    """Serves the list of pages."""
    return await render(datasette, request, "docs.html", "docs", {"pages": read_docs(language(request)).values()})


async def doc_page(request: Request, datasette: Datasette) -> Response:
    """Serves a page, with the address of this portal in its examples."""
    lang, name = language(request), parts_of(request)["name"]
    page = read_docs(lang).get(name)
    if page is None:
        text = context_of(datasette).text
        title = text("docs", "unknown", lang).replace("{name}", name)
        links = {page_url("docs", lang): text("docs", "heading", lang)}
        return await not_found(datasette, request, "doc", title, links=links)
    address = datasette.absolute_url(request, "/").rstrip("/")
    # The text is ours, and its Markdown was rendered with raw HTML disabled.
    html = Markup(page.html.replace(WRITTEN_ADDRESS, str(Markup.escape(address))))  # noqa: S704
    return await render(datasette, request, "doc.html", "doc", {"page": page, "html": html})


@hookimpl
def register_routes() -> list[tuple[str, Any]]:
    """Registers the list and the pages at their addresses in both languages."""
    return [*routes("docs", docs_page), *routes("doc", doc_page)]
