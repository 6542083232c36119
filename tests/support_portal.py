"""The portal of a release within the test's own process, asked through Datasette's own client."""

import asyncio
import csv
import gc
import io
import json
import re
from itertools import count
from pathlib import Path
from typing import Any

from datasette.app import Datasette

from pipelines.settings import PORTAL
from portal.context import ReleaseContext, context_of
from portal.csv_words import HEADINGS
from portal.serving.server import open_server

# SQLite has one limit of memory for the whole process, and a server that nobody uses any more holds its part of that
# until Python looks for circles, which it seldom does among so many objects.
SOME = 3
_opened = count(1)


def open_portal(release: Path, database: Path | None = None, folder: Path = PORTAL) -> Datasette:
    """The portal of a release, or of another database with the words of that release; in `folder` are its plugins."""
    if next(_opened) % SOME == 0:
        gc.collect()
    if database is None:
        return open_server(release.resolve(), folder)
    return Datasette(
        immutables=[str(database.resolve())],
        metadata=json.loads((release / "metadata.json").read_text(encoding="utf-8")),
        config_dir=folder,
        cors=True,
    )


def release_of(portal: Datasette) -> ReleaseContext:
    """What the pages know of the release."""
    asyncio.run(portal.invoke_startup())
    return context_of(portal)


def ask(portal: Datasette, path: str, method: str = "GET", **options: Any) -> Any:
    return asyncio.run(portal.client.request(method, path, **options))


def fetch(portal: Datasette, path: str) -> Any:
    """What is answered, which must be what was asked for."""
    answer = ask(portal, path)
    assert answer.status_code == 200, answer.text[:300]
    return answer


def towns_linked(portal: Datasette, page: str) -> list[str]:
    """The codes of the municipalities whose profiles a page leads to, in its order."""
    slugs = release_of(portal).slugs
    named = re.findall(r'href="(?:/gemeente|/en/municipality)/([a-z0-9-]+)"', page)
    return [str(slugs.region_code("municipality", name)) for name in named]


def run_sql(portal: Datasette, sql: str) -> Any:
    return ask(portal, "/regiokompas.json", params={"sql": sql, "_shape": "objects"})


def runs_script(page: str) -> bool:
    """Whether a page has a script that is not one of the portal's files; data, such as for search engines, is none."""
    harmless = ('type="application/ld+json"', 'type="application/json"', 'src="/static/')
    return any(not any(mark in tag for mark in harmless) for tag in re.findall(r"<script[^>]*>?", page))


def rows_of_csv(portal: Datasette, text: str, lang: str = "nl") -> list[dict[str, str]]:
    """The rows of a CSV of a page, by the name of their columns as programs have them, also those for Dutch Excel."""
    if not text.startswith("\ufeff"):
        return list(csv.DictReader(io.StringIO(text)))
    headings = release_of(portal).texts[HEADINGS]
    rows = csv.DictReader(io.StringIO(text.removeprefix("\ufeff")), delimiter=";")
    # Columns of different files can have the same heading.
    return [{name: row[words[lang]] for name, words in headings.items() if words[lang] in row} for row in rows]
