"""How long a live run takes to fetch and read every source, compared with its requests one after another.

    python benchmarks/live_run.py [SECONDS] [DEAD] [SOURCE ...]

The sample's sources answer over HTTP on this machine, in the wire format of their protocol, each request after SECONDS
(0.2). In one of the measurements DEAD hosts (10) that accept connections but never respond are requested as well.
SOURCE is a card, such as `cbs/83583NED`; by default all. Everything is in one process, so the sources take processor
time from the run.
"""

import socket
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.ratios import Ratio, show
from pipelines.clients.http import HttpClient, open_session
from pipelines.clients.registry import addresses
from pipelines.commands.doctor import examine_all
from pipelines.errors import SourceError
from pipelines.ingest.origins import LiveOrigin
from pipelines.ingest.refresh import refresh
from pipelines.ingest.together import side_by_side
from pipelines.landing.store import Landing
from pipelines.sample.over_http import SampleServer, serving, with_files_on_server
from pipelines.sample.serve_files import drop_files
from pipelines.settings import CARDS, Settings
from pipelines.sources.access import FileAccess, Protocol
from pipelines.sources.card import SourceCard, load_cards
from schemas.shapes import check_shape

DEAD_CARD = "zaanstad/subsidies"


@dataclass(frozen=True)
class Measured:
    """The result of fetching all cards.

    Attributes:
        seconds: how long it took.
        requests: how many requests were answered.
        failed: how many cards failed.
    """

    seconds: float
    requests: int
    failed: int


@contextmanager
def silent_hosts(count: int) -> Iterator[list[str]]:
    """Addresses of hosts that accept connections and never respond."""
    with ExitStack() as stack:
        found = []
        for _ in range(count):
            listening = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=16))
            found.append(f"http://127.0.0.1:{listening.getsockname()[1]}")
        yield found


def on_silent_hosts(card: SourceCard, hosts: list[str]) -> dict[str, SourceCard]:
    """A card for a file on each of these hosts."""
    return {
        f"{card.publisher}/dead_{at}": card.model_copy(
            update={"table": f"dead_{at}", "access": (FileAccess(protocol=Protocol.FILE, urls=(f"{host}/file.csv",)),)}
        )
        for at, host in enumerate(hosts)
    }


def live_origin(server: SampleServer, data: Path, http: HttpClient) -> LiveOrigin:
    """The origin of a live run that fetches from the server, with the manually fetched files in a folder."""
    known = addresses(Settings(data=data))
    return LiveOrigin(http, {**known, **server.addresses})


def fetch_all(cards: Mapping[str, SourceCard], origin: LiveOrigin, server: SampleServer, data: Path) -> Measured:
    """Fetch, read and check every card, as a run does."""
    landing = Landing(data / "landing")

    def bring(card: SourceCard) -> bool:
        try:
            refresh(card, origin, landing, data / "raw", check_shape)
        except SourceError:
            return False
        return True

    before, began = len(server.asked), time.perf_counter()
    brought = [done for _, done in side_by_side(cards.values(), origin, bring)]
    return Measured(time.perf_counter() - began, len(server.asked) - before, brought.count(False))


def measured(cards: dict[str, SourceCard], seconds: float, dead: int, http: HttpClient) -> dict[str, Measured]:
    """The doctor, a first run, one in which nothing is new, and a first run with dead hosts beside the sources."""
    found: dict[str, Measured] = {}
    with serving(cards, seconds=seconds) as server, silent_hosts(dead) as hosts, TemporaryDirectory() as folder:
        server.recall(cards)
        served = with_files_on_server(cards, server.files)
        for name, wanted in {
            "first run": served,
            "without news": served,
            "with dead hosts": served | on_silent_hosts(load_cards(CARDS)[DEAD_CARD], hosts),
        }.items():
            data = Path(folder) / ("dead" if name == "with dead hosts" else "live")
            if not (data / "drop").exists():
                drop_files(cards, data / "drop")
            origin = live_origin(server, data, http)
            if name == "first run":
                before, began = len(server.asked), time.perf_counter()
                findings = examine_all(wanted.values(), origin, Settings(data=data))
                wrong = sum(bool(finding.problems) for finding in findings)
                found["doctor"] = Measured(time.perf_counter() - began, len(server.asked) - before, wrong)
            found[name] = fetch_all(wanted, origin, server, data)
    return found


# A run of all cards, each of whose requests waits, is to take at most this part of their waits one after another.
GOAL = 0.25


def measure(seconds: float = 0.2, dead: int = 10, *sources: str) -> list[Ratio]:
    """The lines of the table: each step as a share of the summed latencies of its requests."""
    cards = {name: card for name, card in load_cards(CARDS).items() if name in sources or not sources}
    lines = []
    for name, found in measured(cards, seconds, dead, HttpClient(open_session(inside=("127.0.0.1",)))).items():
        waits = found.requests * seconds
        told = f"{name} of {len(cards)} cards, {found.failed} failed"
        share = found.seconds / waits if waits else 0.0
        goal = GOAL if name == "first run" else None
        beside = f"{found.requests} requests one after another"
        lines.append(Ratio(told, beside, f"{found.seconds:.1f} s", f"{waits:.1f} s", share, goal, is_share=True))
    return lines


if __name__ == "__main__":
    show(measure(*(kind(text) for kind, text in zip((float, int), sys.argv[1:3], strict=False)), *sys.argv[3:]))
