"""The portal as an application that a web server runs: a release, and all that stands around it when the public asks.

Belongs here: opening a release, and the order of what surrounds it. Not here: processes and ports, which
`pipelines/commands/` has.
"""

import asyncio
import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from datasette.app import Datasette
from datasette.utils.asgi import Response

from portal.asgi import AsgiApp, Receive, Scope, Send
from portal.context import context_of
from portal.pages import DATABASE, PATHS, public_address, routes
from portal.revisions import HISTORY, describe_history, history_file, is_history_whole
from portal.rows import read_rows
from portal.serving.addresses import under_one_address
from portal.serving.answering import LanedAnswers
from portal.serving.metrics import CONTENT_TYPE, Metrics

HEALTH, METRICS = "/-/health", "/metrics"
HEALTH_SECONDS = 5.0
NOT_KEPT = {"Cache-Control": "no-store"}
LANDED_AT = "select dataset_id, landed_at from sources where landed_at is not null order by dataset_id"
# Beside a page of each kind: what is asked for most by programs, and questions of every sort.
FILES = ("/v1/observations?limit=1", "/datapackage.json", "/catalogue.ttl", "/downloads/regions.csv")
QUESTIONS = (
    f"/{DATABASE}.json?sql=select+1",
    f"/{DATABASE}/observations.json?_size=1&_nofacet=1",
    f"/{DATABASE}/regions.csv",
)


class UnfitError(Exception):
    """Why the portal cannot show a release, in one line."""


def open_server(release: Path, portal_folder: Path) -> Datasette:
    """Returns the Datasette of a release, with the pages of a portal; it has not started yet."""
    metadata: dict[str, Any] = json.loads((release / "metadata.json").read_text(encoding="utf-8"))
    immutables = [release / f"{DATABASE}.db"]
    if is_history_whole(release.resolve()):
        immutables.append(history_file(release.resolve()))
        metadata["databases"][HISTORY] = describe_history(metadata["databases"][DATABASE])
    return Datasette(immutables=list(map(str, immutables)), metadata=metadata, config_dir=portal_folder, cors=True)


async def look_at_every_page(server: Datasette, *, has_pages: bool = True) -> None:
    """Asks a server that has started for a page of every kind that its release has; or for answers to questions only.

    Raises:
        UnfitError: one of them is not answered.
    """
    paths = [*FILES, *await _page_of_each_kind(server)] if has_pages else []
    for path in [*QUESTIONS, *paths]:
        answer = await server.client.get(path, follow_redirects=True)
        if answer.status_code != 200:
            raise UnfitError(f"{path} answers {answer.status_code}")


async def _page_of_each_kind(server: Datasette) -> list[str]:
    """The first address that the sitemaps have of each kind of page."""
    maps = [f"/sitemap-{theme}.xml" for theme in context_of(server).texts["themes"]]
    listed: list[str] = []
    for path in ("/sitemap.xml", *maps[:1]):
        answer = await server.client.get(path)
        listed += [urlsplit(found).path or "/" for found in re.findall(r"<loc>([^<]+)</loc>", answer.text)]
    patterns = [[pattern for pattern, _ in routes(page, None)] for page in PATHS]
    found = (next((path for path in listed if _is_one_of(path, these)), None) for these in patterns)
    return list(dict.fromkeys(path for path in found if path))


def _is_one_of(path: str, patterns: list[str]) -> bool:
    return any(re.search(pattern, path) for pattern in patterns)


async def serving_app(server: Datasette, questions: AsgiApp | None = None) -> AsgiApp:
    """Returns the application of a server that has started.

    Args:
        server: the server of the release.
        questions: what answers the public's questions; without it, `server` itself does.
    """
    answering = LanedAnswers(server.app(), questions)
    landed = {row["dataset_id"]: row["landed_at"] for row in await read_rows(server, LANDED_AT)}
    metrics = Metrics(context_of(server).release_id, landed, answering.lanes)
    outside = under_one_address(metrics.counting(answering), public_address(server))

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path")
        if path == HEALTH:
            await (await _health(server)).asgi_send(send)
        elif path == METRICS:
            await Response(metrics.text().decode(), content_type=CONTENT_TYPE, headers=NOT_KEPT).asgi_send(send)
        else:
            await outside(scope, receive, send)

    return app


async def _health(server: Datasette) -> Response:
    """Whether a page could be made now: the database answers in time."""
    release = context_of(server).release_id
    answer: Response = Response.json({"status": "ok", "release": release}, headers=NOT_KEPT)
    try:
        async with asyncio.timeout(HEALTH_SECONDS):
            await read_rows(server, "select 1")
    except Exception as error:
        told = {"status": "unhealthy", "release": release, "problem": type(error).__name__}
        answer = Response.json(told, status=503, headers=NOT_KEPT)
    return answer
