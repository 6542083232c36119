"""The sample's sources over real HTTP on this machine, as slow and as faulty as one asks, for live runs without them.

    python -m pipelines.sample.over_http [SECONDS]

serves all cards, each answer after so many seconds, and prints what to set in the environment of a live run. Fixed
addresses of files stand on the cards, so whoever wants those too gives the run cards that went through `on_server`.
"""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Lock, Thread
from typing import NamedTuple

from pipelines.clients.registry import addresses
from pipelines.landing.store import Landing
from pipelines.settings import CARDS, SAMPLE_LANDING, Settings
from pipelines.sources.access import FileAccess, Protocol
from pipelines.sources.card import SourceCard, load_cards

from .answers import Answer, file_answer
from .source import SampleSource

# Which host speaks a protocol, and where there. As with the publishers, v4 and the zips of CBS share one.
PATHS = {
    Protocol.CBS_ODATA4: ("datasets.cbs", "/odata/v1/CBS"),
    Protocol.CBS_BULK: ("datasets.cbs", "/csv/CBS/nl"),
    Protocol.CBS_ODATA3: ("opendata.cbs", ""),
    Protocol.CKAN: ("ckan", "/data/api/3/action"),
    Protocol.HAL: ("amsterdam", "/amsterdam/v1"),
    Protocol.OGC_FEATURES: ("pdok", "/pdok/ogc/v1"),
    Protocol.EUROSTAT: ("eurostat", "/eurostat/data"),
}
FILES = "files"
HOSTS = (*dict.fromkeys(host for host, _ in PATHS.values()), FILES)
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


# What whole files are called in a snapshot, and their type.
_FILES, _FILE = ("files/", "zip/"), "application/octet-stream"


class Sent(NamedTuple):
    """What is sent for an answer: `promised` is a length that is not kept, and who is `silent` sends nothing at all."""

    answer: Answer
    promised: int | None = None
    is_silent: bool = False


Between = Callable[[str, Answer], Sent]
"""What stands between the sources and who asks: for a path with its query and the answer, what is sent."""


def _json(body: bytes) -> Answer:
    return Answer(200, body, {"Content-Type": "application/json"})


def as_it_is(path: str, answer: Answer) -> Sent:
    """Send an answer as it is."""
    return Sent(answer)


def on_server(url: str, base: str) -> str:
    """Where the server has the file of a fixed address: below its own address and the name of the file's host."""
    return url if url.startswith(f"{base}/") else f"{base}/{url.partition('://')[2]}"


def with_files_on_server(cards: Mapping[str, SourceCard], base: str) -> dict[str, SourceCard]:
    """The cards with every fixed address of a file on the server instead."""

    def moved(card: SourceCard) -> SourceCard:
        ways = tuple(
            access.model_copy(update={"urls": tuple(on_server(url, base) for url in access.urls)})
            if isinstance(access, FileAccess)
            else access
            for access in card.access
        )
        return card.model_copy(update={"access": ways})

    return {dataset_id: moved(card) for dataset_id, card in cards.items()}


@dataclass
class SampleServer:
    """A running server of the sample.

    Attributes:
        bases: the address of each host, without a slash at its end; of files all hosts are one.
        between: what stands between the sources and who asks.
        seconds: how long every request waits for its answer.
        asked: every address that was asked.
    """

    bases: dict[str, str]
    between: Between = as_it_is
    seconds: float = 0.0

    def __post_init__(self) -> None:
        self.asked: list[str] = []
        self._made: dict[str, Answer] = {}
        self._source: SampleSource | None = None
        self._lock = Lock()

    @property
    def files(self) -> str:
        """The address below which files are."""
        return self.bases[FILES]

    @property
    def addresses(self) -> dict[Protocol, str]:
        """The address of each protocol that has one of its own."""
        return {protocol: self.bases[host] + path for protocol, (host, path) in PATHS.items()}

    @property
    def environment(self) -> dict[str, str]:
        """What a live run needs in its environment to ask this server."""
        return {name: self.addresses[protocol] for protocol, name in SETTINGS.items()}

    def serve(self, cards: Mapping[str, SourceCard], anew: str = "") -> None:
        """Have what these cards ask for, from now on; files are at the addresses of `with_files_on_server`.

        Args:
            cards: the cards, by dataset id.
            anew: of which addresses the answers are worked out again, as a regular expression; all, if it is empty.
        """
        with self._lock:
            self._made = {url: made for url, made in self._made.items() if not re.search(anew, url)}
            self._source = SampleSource(with_files_on_server(cards, self.files), self.addresses)

    def recall(self, dataset_ids: Iterable[str]) -> None:
        """Have the answers of these cards that the bundled sample was made of, which then need not be worked out."""
        landing, real = Landing(SAMPLE_LANDING), addresses(Settings())
        moved = {real[protocol]: here for protocol, here in self.addresses.items()}
        for dataset_id in dataset_ids:
            snapshot = landing.current(dataset_id, invented=True)
            for resource in snapshot.resources if snapshot else ():
                base = next((base for base in moved if resource.url.startswith(f"{base}/")), "")
                here = moved[base] + resource.url.removeprefix(base) if base else on_server(resource.url, self.files)
                # Where the next page is stands in answers.
                body = landing.get(resource.sha256)
                body = body.replace(base.encode(), moved[base].encode()) if base else body
                self._made[here] = file_answer(body, _FILE) if resource.name.startswith(_FILES) else _json(body)

    def answer(self, base: str, path: str) -> Sent:
        """What is sent for a path with its query; what the sources say of it is worked out once."""
        time.sleep(self.seconds)
        url = base + path
        self.asked.append(url)
        made = self._made.get(url) or self._make(url)
        return self.between(path, made)

    def _make(self, url: str) -> Answer:
        with self._lock:
            if url not in self._made and self._source:
                self._made[url] = self._source.respond(url)
            return self._made[url]


@contextmanager
def serving(
    cards: Mapping[str, SourceCard], between: Between = as_it_is, seconds: float = 0.0
) -> Iterator[SampleServer]:
    """Serve the sample of these cards on this machine, with a free port for every host.

    Args:
        cards: the cards, by dataset id; what they ask for is what there is.
        between: what stands between the sources and who asks.
        seconds: how long every request waits for its answer.
    """
    closing = Event()
    with ExitStack() as stack:
        servers = {host: stack.enter_context(_Server(closing)) for host in HOSTS}
        running = SampleServer({host: server.base for host, server in servers.items()}, between, seconds)
        running.serve(cards)
        for server in servers.values():
            server.running = running
            Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
            stack.callback(server.shutdown)
        stack.callback(closing.set)
        yield running


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    # As many as may be asked for at once before they are taken on.
    request_queue_size = 128

    running: SampleServer

    def __init__(self, closing: Event) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.base = f"http://127.0.0.1:{self.server_address[1]}"
        self.closing = closing

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing of who hangs up before the end; all else is a fault of the sample."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]


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
        sent = self.server.running.answer(self.server.base, self.path)
        if sent.is_silent:
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
