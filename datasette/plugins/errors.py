"""Answers a reader's mistakes with a short message.

Datasette logs every error with all local variables, even for a mistyped address, and it does so whatever other plugins
answer. So its own handler is removed, and called here for real faults only.
"""

import re
from http import HTTPStatus
from typing import Any
from urllib.parse import unquote

from datasette import Response, hookimpl
from datasette import handle_exception as stock
from datasette.app import Datasette
from datasette.plugins import pm
from datasette.utils import add_cors_headers
from datasette.utils.asgi import Base400, Request
from datasette.views.base import DatasetteError
from markupsafe import Markup

from portal.context import context_of
from portal.pages import DATABASE, language, not_found, topic_url
from portal.revisions import HISTORY

# What programs ask for, and the pages of Datasette itself, which are in English.
ELSEWHERE = rf"^/(v1|-|mcp|{DATABASE}|{HISTORY})(/|$)|\.\w+$"
LONGEST_QUERY = 100
MOST_LINKS = 5
TOO_LARGE = "This query needs more memory than the server gives to one reader. Select fewer rows."


def explain(exception: Exception) -> dict[str, Any] | None:
    """Returns the status, title and error of an expected exception, None for a fault of ours."""
    if isinstance(exception, MemoryError):
        return {"status": 400, "title": "Query too large", "error": TOO_LARGE}
    if isinstance(exception, Base400):
        message = str(exception.args[0]) if exception.args else "Not found"
        return {"status": exception.status, "title": None, "error": message}
    if isinstance(exception, DatasetteError):
        message = Markup(exception.message) if exception.message_is_html else exception.message  # noqa: S704 - made by Datasette, which escapes the SQL in it
        # It is about what was asked, also where Datasette does not say which status it has.
        status = exception.status if exception.status != HTTPStatus.INTERNAL_SERVER_ERROR else HTTPStatus.BAD_REQUEST
        return {"status": int(status), "title": exception.title, "error": message, **exception.error_dict}
    return None


async def suggest(datasette: Datasette, request: Request) -> Response:
    """Sends our page for an address that does not exist, with what its last words may mean."""
    lang, release = language(request), context_of(datasette)
    asked = re.sub(r"[-_.+]+", " ", unquote(request.path).rstrip("/").rpartition("/")[2]).strip()[:LONGEST_QUERY]
    links = {release.region_url(r["region_code"], lang): r["name"] for r in release.find_regions(asked)}
    topics = {topic_url(topic.kind, topic.key, lang): topic.titles[lang] for topic in release.find_topics(asked)}
    most = dict(list(links.items())[:MOST_LINKS] + list(topics.items())[:MOST_LINKS])
    title = release.text("not_found", "title", lang)
    return await not_found(datasette, request, "home", title, links=most, query=asked)


@hookimpl
def startup() -> None:
    """Removes Datasette's own handler."""
    if pm.is_registered(stock):
        pm.unregister(stock)


@hookimpl
def handle_exception(datasette: Datasette, request: Request, exception: Exception) -> Any:
    """Renders an expected exception as JSON or as a page, like Datasette but without a traceback in the log."""
    explained = explain(exception)
    if explained is None:
        return stock.handle_exception(datasette, request, exception)

    async def inner() -> Response:
        if explained["status"] == 404 and not re.search(ELSEWHERE, request.path):
            return await suggest(datasette, request)
        headers: dict[str, str] = {}
        if datasette.cors:
            add_cors_headers(headers)
        status = explained["status"]
        answer: Response
        if request.path.endswith(".json"):
            answer = Response.json({"ok": False, **explained}, status=status, headers=headers)
        else:
            page = await datasette.render_template("error.html", explained, request=request)
            answer = Response.html(page, status=status, headers=headers)
        return answer

    return inner
