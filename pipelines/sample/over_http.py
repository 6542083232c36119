"""The sample's sources over real HTTP on this machine, as slow and as faulty as one asks, for live runs without them.

    python -m pipelines.sample.over_http [SECONDS]

serves all cards, each answer after so many seconds, and prints what to set in the environment of a live run. Fixed
addresses of files stand on the cards, so whoever wants those too gives the run cards that went through `on_server`.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Lock, Thread
from typing import NamedTuple

from pipelines.card import SourceCard, load_cards
from pipelines.roads import FileRoad, Protocol
from pipelines.settings import CARDS

from .answers import Answer
from .source import SampleSource

PATHS = {
    Protocol.CBS_ODATA4: "/odata/v1/CBS",
    # The paths of v3 begin at the host, so it comes last of those that are looked up.
    Protocol.CBS_ODATA3: "",
    Protocol.CBS_BULK: "/csv/CBS/nl",
    Protocol.CKAN: "/data/api/3/action",
    Protocol.HAL: "/amsterdam/v1",
    Protocol.OGC_FEATURES: "/pdok/ogc/v1",
    Protocol.EUROSTAT: "/eurostat/data",
}
# Which setting holds the address of each protocol.
SETTINGS = {
    Protocol.CBS_ODATA4: "REGIOKOMPAS_CBS_V4_URL",
    Protocol.CBS_ODATA3: "REGIOKOMPAS_CBS_V3_URL",
    Protocol.CBS_BULK: "REGIOKOMPAS_CBS_BULK_URL",
    Protocol.CKAN: "REGIOKOMPAS_CKAN_URL",
    Protocol.HAL: "REGIOKOMPAS_AMSTERDAM_URL",
    Protocol.OGC_FEATURES: "REGIOKOMPAS_PDOK_URL",
    Protocol.EUROSTAT: "REGIOKOMPAS_EUROSTAT_URL",
}


class Sent(NamedTuple):
    """What is sent for an answer: `promised` is a length that is not kept, and who is `silent` sends nothing at all."""

    answer: Answer
    promised: int | None = None
    silent: bool = False


Between = Callable[[str, Answer], Sent]
"""What stands between the sources and who asks: for a path with its query and the answer, what is sent."""


def as_it_is(path: str, answer: Answer) -> Sent:
    """Send an answer as it is."""
    return Sent(answer)


def on_server(url: str, base: str) -> str:
    """Where the server has the file of a fixed address: below its own address and the name of the file's host."""
    return url if url.startswith(f"{base}/") else f"{base}/{url.partition('://')[2]}"


def with_files_on_server(cards: Mapping[str, SourceCard], base: str) -> dict[str, SourceCard]:
    """The cards with every fixed address of a file on the server instead."""

    def moved(card: SourceCard) -> SourceCard:
        roads = tuple(
            road.model_copy(update={"urls": tuple(on_server(url, base) for url in road.urls)})
            if isinstance(road, FileRoad)
            else road
            for road in card.roads
        )
        return card.model_copy(update={"roads": roads})

    return {dataset_id: moved(card) for dataset_id, card in cards.items()}


@dataclass
class SampleServer:
    """A running server of the sample.

    Attributes:
        base: its address, without a slash at its end.
        between: what stands between the sources and who asks.
        seconds: how long every request waits for its answer.
        asked: every path with its query that was asked for.
    """

    base: str
    between: Between = as_it_is
    seconds: float = 0.0

    def __post_init__(self) -> None:
        self.asked: list[str] = []
        self._made: dict[str, Answer] = {}
        self._source: SampleSource | None = None
        self._lock = Lock()

    @property
    def addresses(self) -> dict[Protocol, str]:
        """The address of each protocol that has one of its own."""
        return {protocol: self.base + path for protocol, path in PATHS.items()}

    @property
    def environment(self) -> dict[str, str]:
        """What a live run needs in its environment to ask this server."""
        return {name: self.addresses[protocol] for protocol, name in SETTINGS.items()}

    def serve(self, cards: Mapping[str, SourceCard]) -> None:
        """Have what these cards ask for, from now on; files are at the addresses of `with_files_on_server`."""
        with self._lock:
            self._made.clear()
            self._source = SampleSource(with_files_on_server(cards, self.base), self.addresses)

    def answer(self, path: str) -> Sent:
        """What is sent for a path with its query; what the sources say of it is worked out once."""
        time.sleep(self.seconds)
        with self._lock:
            self.asked.append(path)
            if path not in self._made and self._source:
                self._made[path] = self._source.respond(self.base + path)
            made = self._made[path]
        return self.between(path, made)


@contextmanager
def serving(
    cards: Mapping[str, SourceCard], between: Between = as_it_is, seconds: float = 0.0
) -> Iterator[SampleServer]:
    """Serve the sample of these cards on a free port of this machine.

    Args:
        cards: the cards, by dataset id; what they ask for is what there is.
        between: what stands between the sources and who asks.
        seconds: how long every request waits for its answer.
    """
    server = _Server()
    running = server.running
    running.between, running.seconds = between, seconds
    running.serve(cards)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield running
    finally:
        server.closing.set()
        server.shutdown()
        thread.join()
        server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    # As many as may be asked for at once before they are taken on.
    request_queue_size = 128

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.running = SampleServer(f"http://127.0.0.1:{self.server_address[1]}")
        self.closing = Event()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Headers and body in as few packets as may be: one waits for the other otherwise, longer than a fast source takes.
    wbufsize = -1
    disable_nagle_algorithm = True
    server: _Server

    def do_GET(self) -> None:
        self._send(with_body=True)

    def do_HEAD(self) -> None:
        self._send(with_body=False)

    def _send(self, *, with_body: bool) -> None:
        sent = self.server.running.answer(self.path)
        if sent.silent:
            self.close_connection = True
            self.server.closing.wait()
            return
        body = sent.answer.body
        self.send_response(sent.answer.status)
        for name, value in sent.answer.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body) if sent.promised is None else sent.promised))
        self.end_headers()
        if with_body:
            self.wfile.write(body)
        self.close_connection = self.close_connection or sent.promised is not None

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


if __name__ == "__main__":
    with serving(load_cards(CARDS), seconds=float(sys.argv[1]) if len(sys.argv) > 1 else 0.0) as started:
        sys.stdout.write("".join(f"{name}={url}\n" for name, url in started.environment.items()))
        sys.stdout.flush()
        Event().wait()
