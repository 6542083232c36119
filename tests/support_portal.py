"""The portal of a release within the test's own process, asked through Datasette's own client."""

import asyncio
import json
from pathlib import Path
from typing import Any

from datasette.app import Datasette

from pipelines.settings import PORTAL


def open_portal(release: Path, database: Path | None = None) -> Datasette:
    """The portal of a release, or of another database with the words of that release."""
    return Datasette(
        immutables=[str((database or release / "regiokompas.db").resolve())],
        metadata=json.loads((release / "metadata.json").read_text(encoding="utf-8")),
        config_dir=PORTAL,
        cors=True,
    )


def ask(portal: Datasette, path: str, method: str = "GET", **options: Any) -> Any:
    return asyncio.run(portal.client.request(method, path, **options))


def fetch(portal: Datasette, path: str) -> Any:
    """What is answered, which must be what was asked for."""
    answer = ask(portal, path)
    assert answer.status_code == 200, answer.text[:300]
    return answer


def run_sql(portal: Datasette, sql: str) -> Any:
    return ask(portal, "/regiokompas.json", params={"sql": sql, "_shape": "objects"})
