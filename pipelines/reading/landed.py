"""What landed of a card, as its reader sees it."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from pipelines.clients import cbs_bulk
from pipelines.clients.kinds import Client
from pipelines.clients.odata import Rows, read_rows
from pipelines.clients.registry import CLIENTS
from pipelines.landing.store import Landing, Resource, Snapshot
from pipelines.sources.access import Access, Protocol
from pipelines.sources.card import SourceCard


@dataclass(frozen=True)
class Landed:
    """A card, the snapshot that landed of it, and its bytes."""

    card: SourceCard
    snapshot: Snapshot
    landing: Landing

    @property
    def protocol(self) -> Protocol:
        """The way by which it came."""
        return Protocol(self.snapshot.protocol)

    @property
    def access(self) -> Access:
        """What the card says about that way."""
        return next(access for access in self.card.access if access.protocol == self.protocol)

    @property
    def client(self) -> Client[Any]:
        """The client of that way."""
        return CLIENTS[self.protocol]

    @property
    def pages(self) -> list[Resource]:
        """The resources that hold rows, in order."""
        return self.snapshot.below(self.client.PAGES)

    @property
    def first_url(self) -> str:
        """Where the rows came from; the first page's address."""
        return self.pages[0].url if self.pages else ""

    def body(self, name: str) -> bytes:
        """The bytes of a resource, by its name in the snapshot."""
        return self.landing.get(self.snapshot.named(name).sha256)

    def page(self, resource: Resource) -> bytes:
        """The bytes of a page."""
        return self.landing.get(resource.sha256)

    @cached_property
    def rows(self) -> Rows:
        """The small entity sets of a table of CBS, as rows by their name."""
        if self.protocol is Protocol.CBS_BULK:
            return cbs_bulk.metadata(self.page(self.pages[0]))
        return self._rows_of_set

    def _rows_of_set(self, name: str) -> list[dict[str, Any]]:
        parts = [resource for resource in self.snapshot.resources if resource.name == name]
        if not parts:
            raise KeyError(name)
        parts += self.snapshot.below(name)
        return [row for part in parts for row in read_rows(self.page(part))]
