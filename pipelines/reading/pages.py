"""The pages of a snapshot, read one by one: an unreadable file among several leaves the others alone.

Pages of one answer, such as those of an API, belong together: there an unreadable one is an error.
"""

from collections.abc import Callable, Iterator

import duckdb
import polars as pl

from pipelines.clients.registry import FILES
from pipelines.errors import DamagedError, SourceError
from pipelines.landing.store import Lacking, Resource, Snapshot
from pipelines.reading.landed import Landed

# What reading bytes in an unexpected form can raise, besides our own errors.
UNREADABLE = (duckdb.Error, pl.exceptions.PolarsError, KeyError, TypeError, ValueError)


class Pages:
    """Reads the pages of what landed, one after another; afterwards `snapshot` is what was read.

    Args:
        landed: the card and what landed of it.
        have: what landed before, from which a file that cannot be read is taken.
        read: reads a page.
    """

    def __init__(self, landed: Landed, have: Snapshot | None, read: Callable[[Resource], pl.DataFrame]) -> None:
        self.snapshot = landed.snapshot
        self._landed = landed
        self._have = have
        self._read = read

    def __iter__(self) -> Iterator[tuple[Resource, pl.DataFrame]]:
        """Each page with its rows.

        Raises:
            SourceError, or one of `UNREADABLE`: a page that the others need cannot be read, or none can.
        """
        first: Exception | None = None
        found = False
        for resource in self._landed.pages:
            try:
                page = resource, self._read(resource)
                found = True
            except (SourceError, DamagedError, *UNREADABLE) as error:
                if self._landed.protocol not in FILES:
                    raise
                first = first or error
                instead = self._as_before(resource)
                self._replace(resource, instead[0] if instead else None, error)
                if instead is None:
                    continue
                page = instead
            yield page
        if first and not found:
            raise first

    def _as_before(self, resource: Resource) -> tuple[Resource, pl.DataFrame] | None:
        """The file that landed before from the same address, if it differs and can be read."""
        known = self._have.resources if self._have else ()
        for before in known:
            if before.url == resource.url and before.sha256 != resource.sha256:
                again = before.model_copy(update={"name": resource.name})
                try:
                    return again, self._read(again)
                except (SourceError, DamagedError, *UNREADABLE):
                    return None
        return None

    def _replace(self, resource: Resource, instead: Resource | None, error: Exception) -> None:
        told = error.problem if isinstance(error, SourceError) else f"{type(error).__name__}: {error!s:.200}"
        since = {lack.url: lack.since for lack in self._have.lacking} if self._have else {}
        lack = Lacking(
            url=resource.url,
            problem=" ".join(told.split()),
            since=since.get(resource.url, self.snapshot.landed_at),
            is_kept=instead is not None,
        )
        replaced = (instead if r.name == resource.name else r for r in self.snapshot.resources)
        lacking = [other for other in self.snapshot.lacking if other.url != resource.url]
        self.snapshot = self.snapshot.model_copy(
            update={"resources": tuple(r for r in replaced if r), "lacking": (*lacking, lack)}
        )
