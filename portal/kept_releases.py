"""The releases that are kept beside the one that is served: each can be shown as long as its folder is there.

Belongs here: which releases there are, and the servers of those that somebody asked for. Not here: their addresses,
which the plugin of the same name serves.
"""

import asyncio
import gc
import re
from collections import OrderedDict
from pathlib import Path

from datasette.app import Datasette

from portal.asgi import AsgiApp
from portal.context import context_of
from portal.serving.server import open_server
from portal.timeline import kept_folder

RELEASE_ID = re.compile(r"[0-9a-z][0-9a-z-]*")
# Each takes some tens of megabytes, and about a second to begin.
MOST_OPEN = 2


class KeptReleases:
    """The servers of earlier releases, begun when first asked for; the one that was asked least lately ends first."""

    def __init__(self, current: Datasette) -> None:
        self._current = current
        self._open: OrderedDict[str, tuple[Datasette, AsgiApp]] = OrderedDict()
        self._one_at_a_time = asyncio.Lock()

    async def app_of(self, release_id: str) -> AsgiApp | None:
        """Returns the application that serves a release; None if it is not kept, or has a form that is not known."""
        async with self._one_at_a_time:
            if release_id not in self._open:
                folder = self._folder_of(release_id)
                if folder is None:
                    return None
                server = await self._serve(folder)
                self._open[release_id] = (server, server.app())
                while len(self._open) > MOST_OPEN:
                    self._open.popitem(last=False)
                    # What it holds of SQLite's memory, which has one limit for the process, is free at once.
                    gc.collect()
            self._open.move_to_end(release_id)
            return self._open[release_id][1]

    def _folder_of(self, release_id: str) -> Path | None:
        releases = context_of(self._current).folder.resolve().parent
        return kept_folder(releases, release_id) if RELEASE_ID.fullmatch(release_id) else None

    async def _serve(self, folder: Path) -> Datasette:
        server = open_server(folder, Path(str(self._current.config_dir)))
        await server.invoke_startup()
        return server
