"""The portal of a release within the test's own process, asked through Datasette's own client."""

import asyncio
import json
from pathlib import Path
from typing import Any

from datasette.app import Datasette

from pipelines.serve import PORTAL, read_settings

# The database as it is: compressing hundreds of megabytes takes most of a minute.
PLAIN = {"accept-encoding": "identity"}


def open_portal(database: Path, release: Path) -> Datasette:
    return Datasette(
        immutables=[str(database)],
        metadata=json.loads((release / "metadata.json").read_text(encoding="utf-8")),
        plugins_dir=str(PORTAL / "plugins"),
        template_dir=str(PORTAL / "templates"),
        static_mounts=[("static", str(PORTAL / "static"))],
        settings=read_settings(),
        cors=True,
    )


def ask(portal: Datasette, path: str, method: str = "GET", **options: Any) -> Any:
    return asyncio.run(portal.client.request(method, path, **options))
