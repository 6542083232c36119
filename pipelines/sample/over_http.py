"""Serves the sample's sources over real HTTP on this machine, as slow and as faulty as wanted, to test live runs.

    python -m pipelines.sample.over_http [SECONDS]

serves all cards, delays each response by SECONDS, and prints the environment variables for a live run. The cards have
the fixed addresses of files, so to serve those too, give the run the cards from `with_files_on_server`.
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
from pipelines.sources.access import FileAccess, Host, Protocol, Server
from pipelines.sources.card import SourceCard, load_cards

from .answers import Answer, file_answer
from .source import SampleSource

# The host and the path of each base address. As at the publishers, v4 and the zips of CBS share a host.
PATHS: dict[Server, tuple[str, str]] = {
    Protocol.CBS_ODATA4: ("datasets.cbs", "/odata/v1/CBS"),
    Protocol.CBS_BULK: ("datasets.cbs", "/csv/CBS/nl"),
    Protocol.CBS_ODATA3: ("opendata.cbs", ""),
    Host.DATADERDEN: ("dataderden.cbs", ""),
    Protocol.CKAN: ("ckan", "/data/api/3/action"),
    Host.DUO: ("duo", "/api/3/action"),
    Protocol.HAL: ("amsterdam", "/amsterdam/v1"),
    Protocol.OGC_FEATURES: ("pdok", "/pdok/ogc/v1"),
    Protocol.WFS: ("wfs", "/geoserver/WarmteAtlas/wfs"),
    Protocol.EUROSTAT: ("eurostat", "/eurostat/data"),
    Protocol.RIJKSFINANCIEN: ("rijksfinancien", "/open-data/api/json"),
}
FILES = "files"
HOSTS = (*dict.fromkeys(host for host, _ in PATHS.values()), FILES)
# The setting with each base address.
SETTINGS: dict[Server, str] = {
    Protocol.CBS_ODATA4: "REGIOKOMPAS_CBS_V4_URL",
    Protocol.CBS_ODATA3: "REGIOKOMPAS_CBS_V3_URL",
    Host.DATADERDEN: "REGIOKOMPAS_CBS_DATADERDEN_URL",
    Protocol.CBS_BULK: "REGIOKOMPAS_CBS_BULK_URL",
    Protocol.CKAN: "REGIOKOMPAS_CKAN_URL",
    Host.DUO: "REGIOKOMPAS_DUO_URL",
    Protocol.HAL: "REGIOKOMPAS_AMSTERDAM_URL",
    Protocol.OGC_FEATURES: "REGIOKOMPAS_PDOK_URL",
    Protocol.WFS: "REGIOKOMPAS_WARMTEATLAS_URL",
    Protocol.EUROSTAT: "REGIOKOMPAS_EUROSTAT_URL",
    Protocol.RIJKSFINANCIEN: "REGIOKOMPAS_RIJKSFINANCIEN_URL",
}


# The names of whole files in a snapshot, and their type.
_FILES, _FILE = ("files/", "zip/"), "application/octet-stream"


class Sent(NamedTuple):
    """What is sent as a response: `promised` is a false content length, and a `silent` server sends nothing at all.

    With `again`, that is sent after the body, each time after `pause` seconds, for as long as anybody listens.
    """

    answer: Answer
    promised: int | None = None
    is_silent: bool = False
    again: bytes = b""
    pause: float = 0.0


Between = Callable[[str, Answer], Sent]
"""What is between the sources and the client: for a path with its query and a response, returns what is sent."""


def _json(body: bytes) -> Answer:
    return Answer(200, body, {"Content-Type": "application/json"})


def as_it_is(path: str, answer: Answer) -> Sent:
    """Send a response unchanged."""
    return Sent(answer)


def on_server(url: str, base: str) -> str:
    """The server's address for a file with a fixed address: below its own address and the name of the file's host."""
    return url if url.startswith(f"{base}/") else f"{base}/{url.partition('://')[2]}"


def with_files_on_server(cards: Mapping[str, SourceCard], base: str) -> dict[str, SourceCard]:
    """The cards, with every fixed file address replaced by one on the server."""

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
        bases: the address of each host, without a trailing slash; all hosts of files are one.
        between: what is between the sources and the client.
        seconds: how long every response is delayed.
        asked: every address that was requested.
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
        """The base address of files."""
        return self.bases[FILES]

    @property
    def addresses(self) -> dict[Server, str]:
        """The address of each protocol and other host that has one."""
        return {server: self.bases[host] + path for server, (host, path) in PATHS.items()}

    @property
    def environment(self) -> dict[str, str]:
        """The environment variables with which a live run uses this server."""
        return {name: self.addresses[server] for server, name in SETTINGS.items()}

    def serve(self, cards: Mapping[str, SourceCard], anew: str = "") -> None:
        """Serve what these cards ask for from now on; files are at the addresses of `with_files_on_server`.

        Args:
            cards: the cards, by dataset id.
            anew: a regular expression for the addresses whose responses are made again; all, if it is empty.
        """
        with self._lock:
            self._made = {url: made for url, made in self._made.items() if not re.search(anew, url)}
            self._source = SampleSource(with_files_on_server(cards, self.files), self.addresses)

    def recall(self, dataset_ids: Iterable[str]) -> None:
        """Load the responses for these cards that the bundled sample was made from, so that they are not made again."""
        landing, real = Landing(SAMPLE_LANDING), addresses(Settings())
        moved = {real[server]: here for server, here in self.addresses.items()}
        for dataset_id in dataset_ids:
            snapshot = landing.current(dataset_id, invented=True)
            for resource in snapshot.resources if snapshot else ():
                base = next((base for base in moved if resource.url.startswith(f"{base}/")), "")
                here = moved[base] + resource.url.removeprefix(base) if base else on_server(resource.url, self.files)
                # Responses have the address of the next page.
                body = landing.get(resource.sha256)
                body = body.replace(base.encode(), moved[base].encode()) if base else body
                self._made[here] = file_answer(body, _FILE) if resource.name.startswith(_FILES) else _json(body)

    def answer(self, base: str, path: str) -> Sent:
        """What is sent for a path with its query; the response of the sources is made once."""
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
        cards: the cards, by dataset id; the sources have exactly what they ask for.
        between: what is between the sources and the client.
        seconds: how long every response is delayed.
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
    # How many connections may be waiting to be accepted.
    request_queue_size = 128

    running: SampleServer

    def __init__(self, closing: Event) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.base = f"http://127.0.0.1:{self.server_address[1]}"
        self.closing = closing

    def handle_error(self, request: object, client_address: object) -> None:
        """Ignore a client that disconnects early; anything else is a fault of the sample."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Headers and body in as few packets as possible: otherwise one waits for the other, longer than a fast source does.
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
        if not sent.again:
            self.send_header("Content-Length", str(len(body) if sent.promised is None else sent.promised))
        self.end_headers()
        if with_body:
            self.wfile.write(body)
        self.close_connection = self.close_connection or sent.promised is not None or bool(sent.again)
        while with_body and sent.again and not self.server.closing.is_set():
            # Whoever hangs up ends it, with an error that the server ignores.
            self.wfile.write(sent.again)
            self.wfile.flush()
            time.sleep(sent.pause)

    def log_message(self, format: str, *args: object) -> None:
        """Log nothing."""


if __name__ == "__main__":
    with serving(load_cards(CARDS), seconds=float(sys.argv[1]) if len(sys.argv) > 1 else 0.0) as started:
        sys.stdout.write("".join(f"{name}={url}\n" for name, url in started.environment.items()))
        sys.stdout.flush()
        Event().wait()
