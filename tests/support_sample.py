"""The sample's sources over real HTTP, for live runs against every protocol that has an address of its own."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from pipelines.sample import over_http
from pipelines.sources.access import Server
from pipelines.sources.card import SourceCard


@contextmanager
def serving(cards: Mapping[str, SourceCard]) -> Iterator[dict[Server, str]]:
    """Serve the sample of these cards on a free port; gives the address of each protocol."""
    with over_http.serving(cards) as server:
        yield server.addresses
