"""Every way in which a source can fail, and a source that fails in one of them, on a server or in the drop folder."""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from support_sockets import LOOPBACK
from support_wires import ALL, AS_IT_WAS, FEW, MANY, PORTAL, WIRES, Change, Wire, portal_answer, sample_with

from pipelines.clients.drop import folder_of
from pipelines.clients.http import HttpClient, open_session
from pipelines.clients.registry import addresses
from pipelines.errors import Trouble
from pipelines.ingest.origins import LiveOrigin
from pipelines.ingest.refresh import Refreshed, refresh
from pipelines.landing.store import Landing, Snapshot
from pipelines.sample import serve_files
from pipelines.sample.answers import Answer, json_answer
from pipelines.sample.make_sample import NoPace
from pipelines.sample.over_http import Between, SampleServer, Sent, as_it_is
from pipelines.settings import Settings
from pipelines.sources.access import Access, Protocol
from pipelines.sources.card import SourceCard
from schemas.shapes import check_shape


@dataclass(frozen=True)
class Kind:
    """A way to fail.

    Attributes:
        trouble: the group in which it is told.
        otherwise: the group in which it is told of some protocols.
        excused: why it is not tried with a source; empty when it is.
        change: how the source has changed.
        between: what is done to its answers; to those with rows only, where that is tried.
        elsewhere: the host that is asked instead.
        name: what a dropped file is called.
        is_of_content: whether answers are sound in themselves.
    """

    trouble: Trouble
    excused: Callable[[Wire], str] = lambda wire: ""
    change: Change = AS_IT_WAS
    between: Callable[[Answer], Sent] = Sent
    elsewhere: str = ""
    name: str = ""
    is_of_content: bool = False
    otherwise: dict[Protocol, Trouble] = field(default_factory=dict)

    def trouble_of(self, wire: Wire) -> Trouble:
        """The group in which it is told of a source."""
        return self.otherwise.get(wire.protocol, self.trouble)


def _status(status: int) -> Callable[[Answer], Sent]:
    return lambda answer: Sent(Answer(status, b"Dat gaat niet.", {"Content-Type": "text/plain"}))


def _body(made: bytes, kind: str) -> Callable[[Answer], Sent]:
    return lambda answer: Sent(Answer(200, made, {"Content-Type": kind}))


def _torn(answer: Answer) -> Sent:
    return Sent(answer._replace(body=answer.body[: len(answer.body) // 2]), promised=len(answer.body))


def _damaged(answer: Answer) -> Sent:
    """The answer with its middle overwritten: still as long, and it begins and ends well."""
    third = len(answer.body) // 3
    return Sent(answer._replace(body=answer.body[:third] + b"\xff\xfe\x00" * (third // 3) + answer.body[2 * third :]))


def _ends_early(answer: Answer) -> Sent:
    """A page as if it were the last, or, where it is found by its count, one without rows."""
    content = json.loads(answer.body)
    if not isinstance(content, dict):
        # A count, which tells that there should be more.
        return Sent(answer)
    for name in ("@odata.nextLink", "odata.nextLink"):
        content.pop(name, None)
    if "_links" in content:
        content["_links"].pop("next", None)
    if isinstance(content.get("links"), list):
        content["links"] = [link for link in content["links"] if link["rel"] != "next"]
    if "nhits" in content:
        content["records"] = []
    if "totalFeatures" in content:
        content |= {"features": [], "numberReturned": 0}
    return Sent(json_answer(content))


def _no_host(wire: Wire) -> str:
    return "a folder is no host" if wire.protocol is Protocol.DROP else ""


def _no_pages(wire: Wire) -> str:
    return "" if wire.is_paged else "all of it is one answer, or each answer is a whole of its own"


def _without(cell: str, why: str) -> Callable[[Wire], str]:
    return lambda wire: "" if cell in wire.cells else why


def _not_dropped(wire: Wire) -> str:
    return "" if wire.protocol is Protocol.DROP else "only what a person brings has a name that a person gave it"


_REFUSED = Trouble.REFUSED
# Nothing is wrong: neither with what there is, nor with how it is sent.
WELL = Kind(_REFUSED)
KINDS: dict[str, Kind] = {
    "nobody there": Kind(Trouble.UNREACHABLE, _no_host, elsewhere="127.0.0.1:9"),
    "no such name": Kind(Trouble.UNREACHABLE, _no_host, elsewhere="nobody.invalid"),
    "silent": Kind(Trouble.UNREACHABLE, _no_host, between=lambda answer: Sent(answer, is_silent=True)),
    "403": Kind(_REFUSED, _no_host, between=_status(403)),
    "404": Kind(Trouble.GONE, _no_host, between=_status(404)),
    "410": Kind(Trouble.GONE, _no_host, between=_status(410)),
    "429 for ever": Kind(Trouble.UNREACHABLE, _no_host, between=_status(429)),
    "500 for ever": Kind(Trouble.UNREACHABLE, _no_host, between=_status(500)),
    "torn": Kind(_REFUSED, between=_torn),
    "a page of HTML": Kind(_REFUSED, between=_body(b"<!DOCTYPE html><title>Onderhoud</title>", "text/html")),
    "another format": Kind(_REFUSED, between=_body(b"%PDF-1.7 \xe2\xe3\xcf\xd3\n1 0 obj", "application/pdf")),
    "empty": Kind(_REFUSED, between=_body(b"", "application/octet-stream")),
    "damaged": Kind(_REFUSED, between=_damaged),
    "too few rows": Kind(_REFUSED, change=Change(rows=FEW), is_of_content=True),
    "too many rows": Kind(_REFUSED, change=Change(rows=MANY), is_of_content=True),
    "a page missing": Kind(_REFUSED, _no_pages, between=_ends_early, is_of_content=True),
    "a strange mark": Kind(
        Trouble.CHANGED,
        _without("mark", "it has no marks beside its numbers"),
        change=Change(cell=("mark", "zeer onbekend")),
        is_of_content=True,
    ),
    "a text for a number": Kind(
        Trouble.CHANGED,
        _without("number", "it has no numbers"),
        change=Change(cell=("number", "veel")),
        is_of_content=True,
        # What has no numbers is no JSON-stat and adds up to no total, whatever a card says.
        otherwise={Protocol.EUROSTAT: _REFUSED, Protocol.RIJKSFINANCIEN: _REFUSED},
    ),
    "a strange code": Kind(
        Trouble.CHANGED,
        _without("code", "its rows have no codes, or what was not asked for is left out"),
        change=Change(cell=("code", "NL77 is none")),
        is_of_content=True,
    ),
    "a column renamed": Kind(
        Trouble.CHANGED,
        change=Change(renamed=True),
        is_of_content=True,
        # Its amounts have their name from the protocol, not from a card.
        otherwise={Protocol.RIJKSFINANCIEN: _REFUSED},
    ),
    "a strange name": Kind(_REFUSED, _not_dropped, name="leegstand nieuw.xlsx", is_of_content=True),
}


def scopes_of(wire: Wire, kind: Kind) -> list[str]:
    """Where a kind is tried: on every answer of a source, and on those with its rows alone."""
    if kind.is_of_content or kind.elsewhere or not wire.rows_at:
        return ["all"]
    return ["all", "rows"]


CELLS = [
    (name, kind, scope)
    for name, wire in WIRES.items()
    for kind, how in KINDS.items()
    if not how.excused(wire)
    for scope in scopes_of(wire, how)
]
EXCUSED = {
    (name, kind): how.excused(wire) for name, wire in WIRES.items() for kind, how in KINDS.items() if how.excused(wire)
}


class _Elsewhere(HTTPAdapter):
    """Sends every request to another host."""

    def __init__(self, host: str) -> None:
        super().__init__()
        self.host = host

    def send(self, request: requests.PreparedRequest, *args: Any, **options: Any) -> requests.Response:
        request.url = f"http://{self.host}{request.path_url}"
        return super().send(request, *args, **options)


class Before(LiveOrigin):
    """The sources as they were an earlier day."""

    def bring(self, card: SourceCard, access: Access, landing: Landing, have: Snapshot | None) -> Snapshot:
        brought = super().bring(card, access, landing, have)
        return brought.model_copy(update={"modified": "2020-01-01T00:00:00", "stamp": "of before"})


@dataclass
class Source:
    """A source on a server, and the card by which it is asked; what the sample makes of it goes by the real one."""

    wire: Wire
    server: SampleServer
    card: SourceCard

    @property
    def offered(self) -> dict[str, SourceCard]:
        """What the server has."""
        return {self.card.dataset_id: self.card.model_copy(update={"rows": ALL[self.wire.card].rows})}

    def origin(self, folder: Path, kind: Kind = WELL, of: type[LiveOrigin] = LiveOrigin) -> LiveOrigin:
        """The origin of a live run, without patience."""
        session = open_session(inside=LOOPBACK)
        if kind.elsewhere:
            session.mount("http://", _Elsewhere(kind.elsewhere))
        # The sample takes its time to make a table, so only who is to be silent is not waited for.
        timeout = 0.2 if kind is KINDS["silent"] else 30
        http = HttpClient(session, tries=2, timeout=timeout, max_wait=0.01, pace=NoPace())
        bases = {**addresses(Settings()), **self.server.addresses, Protocol.DROP: str(folder / "drop")}
        return of(http, bases)

    @contextmanager
    def answering(self, folder: Path, kind: Kind = WELL, scope: str = "all") -> Iterator[LiveOrigin]:
        """The source, well or in trouble, on its server or in the drop folder of a data folder."""
        with sample_with(kind.change, self.wire):
            self.server.serve(self.offered)
            self.server.between = self._between(kind, self.wire.rows_at if scope == "rows" else "")
            if self.wire.protocol is Protocol.DROP:
                self._drop(folder, kind)
            yield self.origin(folder, kind)
        self.server.between = as_it_is

    def refresh(self, folder: Path, origin: LiveOrigin) -> Refreshed:
        """Bring the card up to date in a data folder."""
        settings = Settings(data=folder)
        return refresh(self.card, origin, Landing(settings.landing), settings.raw, check_shape)

    def _between(self, kind: Kind, rows_at: str) -> Between:
        # Where a page is missing, only answers with rows are pages.
        only = rows_at or (self.wire.rows_at if kind.between is _ends_early else "")

        def between(path: str, answer: Answer) -> Sent:
            if path.startswith(PORTAL):
                answer = portal_answer(self.offered[self.card.dataset_id], path)
            # The first of the pages of a portal that are found by their count is whole.
            spared = "start=0" in path and kind.between is _ends_early
            return kind.between(answer) if re.search(only, path) and not spared else Sent(answer)

        return between

    def _drop(self, folder: Path, kind: Kind) -> None:
        serve_files.drop_files(self.offered, folder / "drop")
        for path in sorted(folder_of(str(folder / "drop"), self.card).iterdir()):
            path.write_bytes(kind.between(Answer(200, path.read_bytes(), {})).answer.body)
            if kind.name:
                path.replace(path.with_name(kind.name))
