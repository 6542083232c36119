"""Every way in which pages go wrong, with a source of every protocol that pages, and what comes of each.

    python -c 'from support_pages import outcomes; print(*outcomes(), sep="\n")'

tells of each protocol and fault what a run does: it has the same rows, or refuses and says what was found.
"""

import copy
import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from shutil import copytree
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch

import polars as pl
import support_wires
from support_failures import Before, Source
from support_wires import AS_IT_WAS, PORTAL, WIRES, Wire, portal_answer, sample_with

from pipelines.clients import ogc_features, wfs
from pipelines.ingest.refresh import FailedError, Refreshed
from pipelines.sample.answers import Answer, json_answer
from pipelines.sample.over_http import SampleServer, Sent, as_it_is, serving
from pipelines.sources.card import RowBounds

Rows = list[dict[str, Any]]
Pages = list[Rows]
SAME, REFUSED, REFUSED_LATER, UNSEEN = "the same rows", "refused", "refused beside what landed before", "not seen"
# What tells which page is asked for, and by how much it goes up from page to page.
_PAGE_OF = re.compile(r"[?&](?:\$skip|%24skip|offset|start|startIndex|page)=(\d+)")
_STATE = re.compile(r"/Properties$|/TableInfos|/datasets/[^/]*/?$|metas")


@dataclass(frozen=True)
class Paged:
    """A protocol that pages, as far as a source of it tells how much there is.

    Attributes:
        wire: which source of the sample, and by which way.
        rows_at: the addresses of pages.
        is_counted: whether it says how many rows there are.
        has_identities: whether its records have a name of their own.
        has_state: whether it says when it last changed.
        size: so few rows on a page that there is a first one, a last one and some between.
        most: how many rows of the sample are used at most.
    """

    wire: Wire
    rows_at: str
    is_counted: bool = True
    has_identities: bool = True
    has_state: bool = False
    size: int = 60
    most: int = 280


_V3, _HAL = r"/ODataFeed/.*/UntypedDataSet", r"/openbaar_subsidieregister"
PROTOCOLS: dict[str, Paged] = {
    "v4": Paged(WIRES["v4"], r"/Observations(?!/)", has_state=True, size=30),
    "v3": Paged(WIRES["v3"], _V3, has_state=True, size=100, most=600),
    "v3 without a count": Paged(WIRES["v3"], _V3, is_counted=False, has_state=True, size=100, most=600),
    "opendatasoft 1.0": Paged(WIRES["opendatasoft 1.0"], r"/search/", has_state=True),
    "hal": Paged(WIRES["hal"], _HAL),
    "hal without a count": Paged(WIRES["hal"], _HAL, is_counted=False),
    "hal without a count and names": Paged(WIRES["hal"], _HAL, is_counted=False, has_identities=False),
    "wfs": Paged(WIRES["wfs"], r"/wfs\?"),
    "features": Paged(WIRES["ogc_features"], r"/items"),
    "features without a count": Paged(WIRES["ogc_features"], r"/items", is_counted=False),
    "features without a count and names": Paged(
        WIRES["ogc_features"], r"/items", is_counted=False, has_identities=False
    ),
}


@dataclass(frozen=True)
class Fault:
    """What goes wrong with pages.

    Attributes:
        change: the rows of all pages instead of those that there are.
        ends_early: whether the first page says that it is the last.
        times: how many times the pages are read wrong before they are right; the source then says that it changed.
    """

    change: Callable[[Pages], Pages] = copy.copy
    ends_early: bool = False
    times: int | None = None


def _middle(change: Callable[[Rows], Rows]) -> Callable[[Pages], Pages]:
    return lambda pages: [pages[0], change(pages[1]), *pages[2:]]


def _last(change: Callable[[Rows], Rows]) -> Callable[[Pages], Pages]:
    return lambda pages: [*pages[:-1], change(pages[-1])]


def _overlapping(pages: Pages) -> Pages:
    """As where a row was put in front while the first page was read: the pages move up by one."""
    rows = [row for page in pages for row in page]
    return [pages[0], rows[len(pages[0]) - 1 :][: len(pages[1])], *pages[2:]]


FAULTS: dict[str, Fault] = {
    "nothing": Fault(),
    "a row is dropped": Fault(_middle(lambda rows: rows[:5] + rows[6:])),
    "a row of the last page is dropped": Fault(_last(lambda rows: rows[:5] + rows[6:])),
    "a row is repeated": Fault(_middle(lambda rows: [*rows[:6], *rows[5:]])),
    "a row of the last page is repeated": Fault(_last(lambda rows: [*rows[:6], *rows[5:]])),
    "a page is repeated": Fault(lambda pages: [pages[0], pages[0], *pages[2:]]),
    "pages overlap": Fault(_overlapping),
    "the rows of a page are in another order": Fault(_middle(lambda rows: rows[::-1])),
    "pages are in another order": Fault(lambda pages: [pages[1], pages[0], *pages[2:]]),
    "the last page is cut short": Fault(_last(lambda rows: rows[:1])),
    "the chain ends early": Fault(lambda pages: [pages[0], *([] for _ in pages[1:])], ends_early=True),
    "a page in the middle is empty": Fault(_middle(lambda rows: [])),
    "the table changes while it is read": Fault(_overlapping, times=1),
    "the table changes each time": Fault(_overlapping, times=99),
}
_A_ROW = "one row more or less is no other than a source that has one row more or less"
_NAMELESS = "two rows may be alike; as many came as before, and nothing tells one page from another"
_BARE = "hal without a count and names"
EXCUSED: dict[tuple[str, str], str] = {
    **{(name, "a row of the last page is dropped"): _A_ROW for name, p in PROTOCOLS.items() if not p.is_counted},
    (_BARE, "a row of the last page is repeated"): _A_ROW,
    **{
        (_BARE, fault): _NAMELESS
        for fault in ("pages overlap", "the table changes while it is read", "the table changes each time")
    },
}
"""The faults that nothing can tell of a protocol, each with the reason."""


@dataclass
class _Faulty:
    """What stands between a source and who asks: it has its pages, and gives them with a fault."""

    paged: Paged
    source: Source
    fault: Fault = field(default_factory=Fault)
    pages: dict[int, dict[str, Any]] = field(default_factory=dict)
    readings: int = 0
    looks: int = 0

    def __call__(self, path: str, answer: Answer) -> Sent:
        if path.startswith(PORTAL):
            answer = self._named(portal_answer(self.source.offered[self.source.card.dataset_id], path), path)
        if path.partition("?")[0].endswith("/TypedDataSet/$count") and self.paged.is_counted:
            total = sum(len(rows_of(page)) for page in self.pages.values())
            # Before the pages are known, the number does not matter: nobody holds them against it.
            return Sent(Answer(200, str(total).encode(), {}) if self.pages else answer)
        if _STATE.search(path):
            return Sent(self._at_a_moment(answer))
        if not re.search(self.paged.rows_at, path) or answer.status != 200:
            return Sent(answer)
        return Sent(self._page(path, answer))

    def _page(self, path: str, answer: Answer) -> Answer:
        content, number = json.loads(answer.body), self._number(path)
        if not self.paged.is_counted:
            content.pop("numberMatched", None)
            content.get("page", {}).pop("totalElements", None)
        elif "page" in content:
            content["page"]["totalElements"] = len(self.rows)
        if not self.paged.has_identities:
            for row in rows_of(content):
                row.pop("id", None)
                row.pop("_links", None)
        self.readings += number == 0
        if self.fault.times is None and self.fault.change is copy.copy:
            self.pages[number] = copy.deepcopy(content)
        elif self.fault.times is None or self.readings <= self.fault.times:
            _put(content, self.fault.change([rows_of(self.pages[at]) for at in sorted(self.pages)])[number])
            if self.fault.ends_early:
                _end(content)
        return json_answer(content)

    @property
    def rows(self) -> Rows:
        """All rows of a source that pages by HAL, whose sample does not count."""
        from pipelines.sample import serve_files

        return serve_files.sheets_of(self.source.offered[self.source.card.dataset_id])[0].records()

    def _number(self, path: str) -> int:
        found = _PAGE_OF.search(path)
        if found is None:
            return 0
        return int(found[1]) - 1 if "page=" in found[0] else int(found[1]) // self.paged.size

    def _named(self, answer: Answer, path: str) -> Answer:
        """A page of a portal with the names of its records, as a real one has them."""
        content = json.loads(answer.body)
        if "/search/" in path:
            for at, record in enumerate(content["records"]):
                record["recordid"] = f"record-{self._number(path) * self.paged.size + at}"
        return json_answer(content)

    def _at_a_moment(self, answer: Answer) -> Answer:
        """What a source says of its age, which goes on as long as the source changes."""
        self.looks += 1
        changes = 0 if self.fault.times is None else min(self.looks - 1, 2 * self.fault.times - 1)
        return answer._replace(
            body=re.sub(rb"(odified\": ?\"20\d\d-\d\d-\d\dT\d\d:\d\d:)\d\d", rb"\g<1>%02d" % changes, answer.body)
        )


def rows_of(content: dict[str, Any]) -> Rows:
    """The rows of a page of any protocol, which may be changed."""
    for name in ("value", "features", "records"):
        if name in content:
            rows: Rows = content[name]
            return rows
    (rows,) = content["_embedded"].values()
    return rows


def _put(content: dict[str, Any], rows: Rows) -> None:
    rows_of(content)[:] = copy.deepcopy(rows)
    if "numberReturned" in content:
        content["numberReturned"] = len(rows)


def _end(content: dict[str, Any]) -> None:
    for name in ("@odata.nextLink", "odata.nextLink"):
        content.pop(name, None)
    if "_links" in content:
        content["_links"].pop("next", None)
    if isinstance(content.get("links"), list):
        content["links"] = [link for link in content["links"] if link["rel"] != "next"]


@dataclass
class Tried:
    """A source that was well an earlier day, and what comes of it with a fault."""

    source: Source
    faulty: _Faulty
    folder: Path
    rows: list[tuple[Any, ...]]

    def outcome(self, fault: str, folder: Path) -> str:
        """What a run does: on a first day, and where that sees nothing beside what landed before."""
        first = self._run(fault, folder / "first")
        if first != UNSEEN:
            return first
        copytree(self.folder, folder / "later")
        later = self._run(fault, folder / "later")
        return later if later in (SAME, UNSEEN) else later.replace(REFUSED, REFUSED_LATER, 1)

    def _run(self, fault: str, folder: Path) -> str:
        self.faulty.fault, self.faulty.readings, self.faulty.looks = FAULTS[fault], 0, 0
        with _pages_of(self.faulty.paged), sample_with(AS_IT_WAS, self.source.wire):
            self.source.server.between = self.faulty
            try:
                done = self.source.refresh(folder, self.source.origin(folder))
            except FailedError as error:
                return f"{REFUSED}: {_stable(error.problem)}"
            finally:
                self.source.server.between = as_it_is
        return SAME if read(done) == self.rows else UNSEEN


def _stable(problem: str) -> str:
    """A problem without the moment and the port, which are others each time."""
    return re.sub(r",? as landed at \S+", "", re.sub(r"http://127\.0\.0\.1:\d+", "", problem))


def read(done: Refreshed) -> list[tuple[Any, ...]]:
    """What was read of a source, whatever the order of its pages."""
    (file,) = (f for f in done.folder.glob("*.parquet") if f.stem in ("observations", "subsidies", "boundaries"))
    frame = pl.read_parquet(file)
    return sorted(frame.drop("landed_sha256", "row_number", strict=False).rows(), key=str)


def land(server: SampleServer, name: str, folder: Path) -> Tried:
    """Land a source whole, on a server that has nothing else."""
    paged = PROTOCOLS[name]
    with _pages_of(paged), sample_with(AS_IT_WAS, paged.wire):
        card = paged.wire.card_for(server.files).model_copy(update={"rows": RowBounds(min=1, max=10_000)})
        source = Source(paged.wire, server, card)
        server.serve(source.offered)
        server.between = faulty = _Faulty(paged, source)
        done = source.refresh(folder, source.origin(folder, of=Before))
        server.between = as_it_is
    assert len(faulty.pages) > 2, f"pages have a middle, found {[len(rows_of(page)) for page in faulty.pages.values()]}"
    return Tried(source, faulty, folder, read(done))


@contextmanager
def _pages_of(paged: Paged) -> Iterator[None]:
    with (
        patch.multiple(support_wires, PAGE=paged.size, MOST=paged.most),
        patch.object(ogc_features, "PAGE_SIZE", paged.size),
        patch.object(wfs, "PAGE_SIZE", paged.size),
    ):
        yield


def outcomes() -> Iterator[tuple[str, str, str]]:
    """Each protocol that pages, each fault, and what a run does with it."""
    with serving({}) as server, TemporaryDirectory() as temporary:
        for name in PROTOCOLS:
            tried = land(server, name, Path(temporary) / name / "landed")
            for number, fault in enumerate(FAULTS):
                outcome = tried.outcome(fault, Path(temporary) / name / str(number))
                reason = EXCUSED.get((name, fault))
                yield name, fault, f"{outcome}: {reason}" if outcome == UNSEEN and reason else outcome
