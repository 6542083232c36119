"""Sources that mean harm, and a process of its own that asks them, whose memory can be measured.

    python -m support_attacks

reads an `Order` as JSON from each line of its input, brings that source up to date, and prints an `Outcome`.
"""

import gzip
import io
import json
import os
import resource
import sys
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from functools import cache
from itertools import count
from pathlib import Path
from subprocess import PIPE, Popen
from typing import Any

from support import PROJECT
from support_sockets import LOOPBACK
from support_wires import WIRES, Wire

from pipelines.clients.budget import Budget, Limits
from pipelines.clients.http import HttpClient, open_session
from pipelines.clients.registry import addresses
from pipelines.errors import RegiokompasError
from pipelines.ingest.origins import LiveOrigin
from pipelines.ingest.refresh import refresh
from pipelines.landing.store import Landing
from pipelines.sample.answers import Answer, json_answer
from pipelines.sample.make_sample import NoPace
from pipelines.sample.over_http import Sent
from pipelines.settings import Settings
from pipelines.sources.access import Host, Protocol, Server
from pipelines.sources.card import RowBounds, SourceCard
from schemas.shapes import check_shape

# A file in a zip, which no other source has.
SOURCES = WIRES | {"zip": Wire("uwv/open_match", Protocol.CKAN, {}, "", r"/voorbeeld/")}
MEGABYTE = 1_000_000
FAR = 10**9
Between = Callable[[Answer], Sent]


@dataclass(frozen=True)
class Attack:
    """What a source does.

    Attributes:
        make: makes what is done to its answers, for one time.
        deadline: the most seconds for one answer.
        limits: what differs from the usual limits.
        is_file: whether it can be put into the drop folder.
        is_of_pages: whether it needs a source that sends pages.
    """

    make: Callable[[], Between]
    deadline: float = 30.0
    limits: dict[str, int] = field(default_factory=dict)
    is_file: bool = True
    is_of_pages: bool = False

    def excused(self, wire: Wire) -> str:
        """Why it is not tried with a source; empty when it is."""
        if wire.protocol is Protocol.DROP and not self.is_file:
            return "a folder sends nothing"
        return "it sends no pages" if self.is_of_pages and not wire.is_paged else ""


def _body(make: Callable[[], bytes], headers: dict[str, str] | None = None) -> Callable[[], Between]:
    kind = {"Content-Type": "application/octet-stream", **(headers or {})}
    return lambda: lambda answer: Sent(Answer(200, make(), kind))


@cache
def bomb() -> bytes:
    """Two gigabytes of spaces, as one megabyte or two."""
    return gzip.compress(b" " * (100 * MEGABYTE), 9) * 20


@cache
def zip_of(name: str, size: int) -> bytes:
    """A zip like one of a table of CBS, in which one member is much longer than it should be."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for each in ("Properties.csv", "Dimensions.csv", "MeasureCodes.csv", "Observations.csv", name):
            with archive.open(each, "w", force_zip64=True) as file:
                file.write(b"Id;Value\r\n")
                for _ in range(size // MEGABYTE if each == name else 0):
                    file.write(b"0" * MEGABYTE)
            if each == name:
                break
    return made.getvalue()


@cache
def zip_of_members() -> bytes:
    """A zip of a hundred thousand members."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for number in range(100_000):
            archive.writestr(f"{number}.csv", b"")
    return made.getvalue()


@cache
def workbook(row: str, rows: int) -> bytes:
    """A workbook with one row many times; `{n}` in it is the number of the row."""
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    links = "http://schemas.openxmlformats.org/package/2006/relationships"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    types = "http://schemas.openxmlformats.org/package/2006/content-types"
    book = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(
            "[Content_Types].xml",
            f'<Types xmlns="{types}"><Default Extension="rels" ContentType="application/xml"/>'
            f'<Override PartName="/xl/workbook.xml" ContentType="{book}"/></Types>',
        )
        archive.writestr(
            "_rels/.rels",
            f'<Relationships xmlns="{links}"><Relationship Id="a" Type="{office}/officeDocument"'
            ' Target="xl/workbook.xml"/></Relationships>',
        )
        archive.writestr(
            "xl/workbook.xml",
            f'<workbook xmlns="{main}" xmlns:r="{office}"><sheets><sheet name="a" sheetId="1" r:id="a"/></sheets>'
            "</workbook>",
        )
        archive.writestr(
            "xl/_rels/workbook.xml.rels",
            f'<Relationships xmlns="{links}"><Relationship Id="a" Type="{office}/worksheet"'
            ' Target="worksheets/sheet1.xml"/></Relationships>',
        )
        lines = "".join(row.replace("{n}", str(number)) for number in range(1, rows + 1))
        archive.writestr(
            "xl/worksheets/sheet1.xml", f'<worksheet xmlns="{main}"><sheetData>{lines}</sheetData></worksheet>'
        )
    return made.getvalue()


_NAMED = "<row r='{n}'>" + "".join(f"<c r='{letter}{{n}}'><v>1</v></c>" for letter in "ABCDEFGHIJ") + "</row>"
_NAMELESS = "<row>" + "<c><v>1</v></c>" * 10 + "</row>"


def endless_pages() -> Between:
    """Each page says that there is another one, and has records that no other has."""
    numbers, following, first = count(1), dict[str, str](), dict[str, str]()

    def between(answer: Answer) -> Sent:
        number = next(numbers)
        if answer.body.strip(b"\xef\xbb\xbf").isdigit():
            return Sent(answer._replace(body=str(FAR).encode()))
        content = json.loads(answer.body)
        if not isinstance(content, dict):
            return Sent(answer)
        if "value" not in content:
            content = json.loads(first.setdefault("page", json.dumps(content)))
        for name in ("@odata.nextLink", "odata.nextLink"):
            following[name] = content.get(name, following.get(name, ""))
            content |= {name: f"{following[name]}&page={number}"} if following[name] else {}
        _renumber(content, number)
        _lead_on(content, f"?page={number}")
        return Sent(json_answer(content))

    return between


def _renumber(content: dict[str, Any], number: int) -> None:
    kept = [*content.get("_embedded", {}).values(), content.get("features", []), content.get("records", [])]
    for records in kept:
        for place, record in enumerate(records):
            mine = f"{number}-{place}"
            record |= {"id": mine, "recordid": mine, "_links": {"self": {"href": mine}}}


def _lead_on(content: dict[str, Any], to: str) -> None:
    if "_embedded" in content:
        content["_links"]["next"] = {"href": to}
        content.pop("page", None)
    if isinstance(content.get("links"), list):
        content["links"] = [{"rel": "next", "href": to}]
        content.pop("numberMatched", None)
    # A portal does not page further than ten thousand records.
    for name, many in (("nhits", 9_000), ("totalFeatures", FAR), ("numberMatched", FAR)):
        content |= {name: many} if name in content else {}


def twice(answer: Answer) -> Sent:
    """Every object of JSON has its first key twice."""
    if answer.body.lstrip()[:1] not in (b"{", b"["):
        return Sent(answer)

    def doubled(value: Any) -> str:
        if isinstance(value, list):
            return f"[{', '.join(map(doubled, value))}]"
        if not isinstance(value, dict) or not value:
            return json.dumps(value)
        pairs = [f"{json.dumps(key)}: {doubled(one)}" for key, one in value.items()]
        return f"{{{', '.join([*pairs, pairs[0]])}}}"

    return Sent(answer._replace(body=doubled(json.loads(answer.body)).encode()))


ATTACKS: dict[str, Attack] = {
    "a small answer that unpacks to 2 GB": Attack(_body(bomb, {"Content-Encoding": "gzip"}), is_file=False),
    "the same twice over": Attack(
        _body(lambda: zlib.compress(bomb(), 1), {"Content-Encoding": "gzip, deflate"}), is_file=False
    ),
    "an answer without an end": Attack(
        lambda: lambda answer: Sent(Answer(200, b"", answer.headers), again=b"0" * MEGABYTE), is_file=False
    ),
    "an answer that says that it has 10 GB": Attack(
        lambda: lambda answer: Sent(answer, promised=10**10), is_file=False
    ),
    "a byte now and then": Attack(
        lambda: lambda answer: Sent(Answer(200, b"", answer.headers), again=b" ", pause=0.05),
        deadline=0.5,
        is_file=False,
    ),
    "pages without an end": Attack(endless_pages, limits={"source_requests": 60}, is_file=False, is_of_pages=True),
    "a member of 1.5 GB": Attack(_body(lambda: zip_of("match.csv", 1_500 * MEGABYTE))),
    "a description of 1 GB": Attack(_body(lambda: zip_of("Properties.csv", 1_000 * MEGABYTE))),
    "figures of 2.2 GB": Attack(_body(lambda: zip_of("Observations.csv", 2_200 * MEGABYTE))),
    "a hundred thousand members": Attack(_body(zip_of_members)),
    "a million cells": Attack(_body(lambda: workbook(_NAMED, 100_000))),
    "a million cells without a place": Attack(_body(lambda: workbook(_NAMELESS, 100_000))),
    "a cell far away": Attack(_body(lambda: workbook("<row r='1048576'><c r='XFD1048576'><v>1</v></c></row>", 1))),
    "a file of 120 MB": Attack(_body(lambda: b"a;b\n" * (30 * MEGABYTE))),
}
CELLS = [(name, attack) for name, wire in SOURCES.items() for attack, how in ATTACKS.items() if not how.excused(wire)]


@dataclass(frozen=True)
class Order:
    """What the process has to ask: the source by name, where it is, and with which limits."""

    name: str
    files: str
    bases: dict[str, str]
    folder: str
    deadline: float
    limits: dict[str, int]


@dataclass(frozen=True)
class Outcome:
    """What came of it, and the most memory that it took, in bytes; `error` is empty if nothing was wrong."""

    error: str
    kind: str
    memory: int


def card_of(name: str, files: str) -> SourceCard:
    """The card by which a source is asked, with any number of rows."""
    return SOURCES[name].card_for(files).model_copy(update={"rows": RowBounds(min=1, max=10_000)})


def bases_of(found: dict[Server, str]) -> dict[str, str]:
    """Base addresses as JSON has them."""
    return {str(server): base for server, base in found.items()}


def obey(order: Order) -> Outcome:
    """Bring a source up to date."""
    servers: dict[str, Server] = {str(server): server for server in (*Protocol, *Host)}
    bases = {**addresses(Settings()), **{servers[name]: base for name, base in order.bases.items()}}
    http = HttpClient(
        open_session(order.deadline, LOOPBACK),
        tries=2,
        timeout=5,
        max_wait=0.01,
        pace=NoPace(),
        budget=Budget(Limits(**order.limits)),
    )
    settings, error, kind = Settings(data=Path(order.folder)), "", ""
    try:
        card = card_of(order.name, order.files)
        refresh(card, LiveOrigin(http, bases), Landing(settings.landing), settings.raw, check_shape)
    except RegiokompasError as failed:
        error, kind = str(failed), type(failed.__cause__).__name__
    return Outcome(error, kind, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024)


class Asking:
    """The process that asks."""

    def __init__(self, process: "Popen[str]") -> None:
        self._process = process

    def ask(self, order: Order) -> Outcome:
        """Have it obey an order."""
        assert self._process.stdin and self._process.stdout
        self._process.stdin.write(json.dumps(asdict(order)) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        assert line, f"the process ended with {self._process.wait()}"
        return Outcome(**json.loads(line))


@contextmanager
def asking() -> Iterator[Asking]:
    """A process that asks, for as long as it is needed."""
    command = [sys.executable, "-m", "support_attacks"]
    environment = {"PYTHONPATH": f"{PROJECT}:{PROJECT / 'tests'}", "PATH": "/usr/bin:/bin", "POLARS_MAX_THREADS": "2"}
    with Popen(command, stdin=PIPE, stdout=PIPE, text=True, env=environment) as process:
        yield Asking(process)
        process.kill()


if __name__ == "__main__":
    for line in sys.stdin:
        # A process for each, so that what one leaves behind is not counted for the next.
        if (child := os.fork()) == 0:
            sys.stdout.write(json.dumps(asdict(obey(Order(**json.loads(line))))) + "\n")
            sys.stdout.flush()
            os._exit(0)
        os.waitpid(child, 0)
