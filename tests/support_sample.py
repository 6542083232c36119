"""The sample's sources over real HTTP, for live runs against every protocol that has an address of its own."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

from pipelines.card import SourceCard
from pipelines.roads import Protocol
from pipelines.sample.source import SampleSource

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


@contextmanager
def serving(cards: Mapping[str, SourceCard]) -> Iterator[dict[Protocol, str]]:
    """Serve the sample of these cards on a free port; gives the address of each protocol."""
    found: dict[str, SampleSource] = {}

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._answer(with_body=True)

        def do_HEAD(self) -> None:
            self._answer(with_body=False)

        def _answer(self, *, with_body: bool) -> None:
            answer = found["source"].respond(f"http://{self.headers['Host']}{self.path}")
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            if with_body:
                self.wfile.write(answer.body)

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    base = f"http://127.0.0.1:{server.server_address[1]}"
    addresses = {protocol: base + path for protocol, path in PATHS.items()}
    found["source"] = SampleSource(cards, addresses)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield addresses
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
