"""A source that serves the sample at every address on the cards, each in the wire format of its protocol."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from urllib.parse import parse_qs, unquote, urlsplit

from pipelines.sources.access import Protocol, Server, servers_of
from pipelines.sources.card import SourceCard

from .answers import Answer, RefusedError
from .serve_cbs import Cbs
from .serve_eurostat import Eurostat
from .serve_files import Files
from .serve_ogc import SampleAreas

Handler = Callable[[list[str], dict[str, list[str]]], Answer]
"""Serves the addresses below one base, given the parts of the path after it and the query."""


class SampleSource:
    """Serves every address below the bases of the protocols, and every file that a card names.

    Args:
        cards: the cards, by dataset id; the source has exactly what they ask for.
        addresses: the base address of each protocol and other host, as passed to the clients.
    """

    def __init__(self, cards: Mapping[str, SourceCard], addresses: Mapping[Server, str]) -> None:
        bases = {server: url.rstrip("/") for server, url in addresses.items()}
        self._files = Files(cards, bases)
        cbs = Cbs(cards, bases)
        self._handlers: list[tuple[str, Handler]] = [
            (bases[Protocol.CBS_ODATA4], _single(cbs.v4)),
            *((bases[server], _single(partial(cbs.v3, server))) for server in servers_of(Protocol.CBS_ODATA3)),
            (bases[Protocol.CBS_BULK], _single(cbs.bulk)),
            *((bases[server], partial(self._files.ckan, server)) for server in servers_of(Protocol.CKAN)),
            (bases[Protocol.HAL], self._files.hal),
            (bases[Protocol.OGC_FEATURES], _single(SampleAreas(cards, bases[Protocol.OGC_FEATURES]).answer)),
            (bases[Protocol.WFS], self._files.wfs),
            (bases[Protocol.RIJKSFINANCIEN], self._files.rijksfinancien),
            (bases[Protocol.EUROSTAT], Eurostat(cards).answer),
        ]

    def respond(self, url: str) -> Answer:
        """The response to a GET of this address; a refusal has the source's own error body."""
        if self._files.has(url):
            return self._files.file(url)
        path = unquote(url.split("?")[0])
        query = parse_qs(urlsplit(url).query, keep_blank_values=True)
        # Longest base first: that of v3 is a whole host.
        for base, handler in sorted(self._handlers, key=lambda entry: -len(entry[0])):
            if (path + "/").startswith(base + "/"):
                try:
                    return handler(path[len(base) :].strip("/").split("/"), query)
                except RefusedError as error:
                    return Answer(error.status, str(error).encode(), {"Content-Type": "text/plain"})
        return Answer(404, f"No sample for the address {path}.".encode(), {"Content-Type": "text/plain"})


def _single(handler: Callable[[list[str], dict[str, str]], Answer]) -> Handler:
    """A handler that gets each query option once."""
    return lambda parts, query: handler(parts, {name: values[0] for name, values in query.items()})
