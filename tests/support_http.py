"""A web server of documents that a test gives, to test clients over real HTTP; and a store that remembers."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import ModuleType
from typing import Any

import requests

from pipelines.clients.http import HttpClient
from pipelines.landing.resume import ResumableStore
from pipelines.landing.store import Landing, Snapshot
from pipelines.sources.card import SourceCard


@dataclass(frozen=True)
class Answer:
    """What the server sends; `promised` is a length that it does not keep."""

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    promised: int | None = None


class Site(ThreadingHTTPServer):
    """Serves documents by path, or by path with query where that is given, and remembers what was asked.

    A list of answers is given one by one, the last of them for ever. Without `tags` nothing says its age. JSON that is
    sent to it is kept in `posted`, unless the answer is an error.
    """

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.documents: dict[str, Answer | list[Answer]] = {}
        self.asked: list[str] = []
        self.posted: list[Any] = []
        self.heads = True
        self.tags = True
        self.lock = threading.Lock()

    @property
    def url(self) -> str:
        """The address without a slash at its end."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    def put(self, path: str, *answers: Answer | bytes | dict[str, Any] | list[Any]) -> None:
        """Serve these at a path: bytes as they are, objects and lists as JSON."""
        made = [_answer(answer) for answer in answers]
        self.documents[path] = made if len(made) > 1 else made[0]

    def answer(self, path: str) -> Answer:
        """The answer for a path, and note that it was asked."""
        with self.lock:
            self.asked.append(path)
            key = path if path in self.documents else path.split("?")[0]
            found = self.documents.get(key, Answer(b"not here", 404))
            if isinstance(found, list):
                return found.pop(0) if len(found) > 1 else found[0]
            return found


class _Handler(BaseHTTPRequestHandler):
    server: Site

    def do_GET(self) -> None:
        self._send(self.server.answer(self.path))

    def do_HEAD(self) -> None:
        if not self.server.heads:
            self.server.asked.append(f"HEAD {self.path}")
            return self._send(Answer(status=405))
        answer = self.server.answer(self.path)
        self.server.asked[-1] = f"HEAD {self.server.asked[-1]}"
        return self._send(answer)

    def do_POST(self) -> None:
        answer = self.server.answer(self.path)
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if answer.status < 400:
            self.server.posted.append(json.loads(body))
        self._send(answer)

    def _send(self, answer: Answer) -> None:
        self.send_response(answer.status)
        self.send_header("Content-Length", str(answer.promised or len(answer.body)))
        if self.server.tags and answer.status == 200:
            self.send_header("ETag", f'"{sha256(answer.body).hexdigest()[:16]}"')
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            with suppress(ConnectionError):
                self.wfile.write(answer.body)
        self.close_connection = True

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def open_site() -> Iterator[Site]:
    """A running server without documents."""
    with Site() as site:
        thread = threading.Thread(target=site.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield site
        finally:
            site.shutdown()
            thread.join()


def hasty(tries: int = 2) -> HttpClient:
    """A client that does not wait between its tries."""
    return HttpClient(requests.Session(), tries=tries, timeout=2, max_wait=0.01)


class Memory:
    """A store that keeps everything in a dictionary, by name."""

    def __init__(self, earlier: dict[str, tuple[str, bytes]] | None = None) -> None:
        self.kept: dict[str, tuple[str, bytes]] = {}
        self.earlier = earlier or {}
        self.resumed: list[str] = []
        self.lacked: dict[str, str] = {}

    def keep(self, name: str, url: str, body: bytes) -> None:
        """Remember one resource."""
        assert name not in self.kept, f"{name} was kept twice"
        self.kept[name] = (url, body)

    def resume(self, modified: str) -> None:
        """Note which state the pages to come belong to."""
        self.resumed.append(modified)

    def recall(self, name: str, url: str) -> bytes | None:
        """A page of an earlier fetch, when its state was resumed."""
        found = self.earlier.get(name)
        if not self.resumed or found is None or found[0] != url:
            return None
        self.kept[name] = found
        return found[1]

    def lack(self, name: str, url: str, problem: str) -> None:
        """Remember what could not be had, and why."""
        self.lacked[url] = problem

    @property
    def bodies(self) -> dict[str, bytes]:
        """The bytes by name."""
        return {name: body for name, (_, body) in self.kept.items()}


def landed(landing: Landing, client: ModuleType, *asked: Any, have: Snapshot | None = None) -> Snapshot:
    """The snapshot that a fetch of `client` gives, when `have` landed before."""
    store = ResumableStore(landing, "any/t1", "any", "question", have)
    state = client.fetch(hasty(), *asked, store)
    return Snapshot(
        dataset_id="any/t1",
        protocol="any",
        asked="question",
        modified=state.modified,
        stamp=state.stamp,
        landed_at="2026-11-20",
        is_invented=False,
        resources=store.resources,
        lacking=store.lacking,
    )


BASE: dict[str, Any] = {
    "table": "t1",
    "title": {"nl": "Proef", "en": "Test"},
    "licence": "CC0",
    "licence_url": "https://example.org/licence",
    "attribution": "Example",
    "homepage": "https://example.org/",
    "cadence": "yearly",
    "connections": 2,
    "rows": {"min": 1, "max": 1000},
}
REGISTER: dict[str, Any] = {
    "publisher": "zaanstad",
    "register": {"region": "GM0479", "grantor": "Gemeente Zaanstad"},
}
COLUMNS = {"jaar": {"to": "year", "reads": "year"}, "ontvanger": {"to": "recipient"}}


def register_card(*ways: dict[str, Any], **layout: Any) -> SourceCard:
    """A card of a register of subsidies that comes by these ways."""
    table = {"format": "csv", "columns": COLUMNS, **layout}
    return SourceCard.model_validate({**BASE, **REGISTER, "access": list(ways), "layout": table})


def _answer(given: Answer | bytes | dict[str, Any] | list[Any]) -> Answer:
    if isinstance(given, Answer):
        return given
    return Answer(given if isinstance(given, bytes) else json.dumps(given).encode())
