"""What readers notice of a new release: nothing, by either way to serve. Counts what they were sent that was not right.

    python benchmarks/switches.py [SWITCHES] [CLIENTS] [WAY ...]

Switches (20 times) between the current release and one with other figures, by `serve`, which sees a new release itself,
and behind `nginx` with `regiokompas deploy switch`. Meanwhile CLIENTS (16) ask for pages, answers to SQL, CSV that is
written while it is sent, and files, of which one in four slowly. What each release answers was asked before, so that
an answer that is cut off or of two releases is seen to differ. Sends nothing to any other machine.
"""

import os
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from http.client import HTTPConnection, HTTPException, HTTPResponse
from itertools import cycle
from pathlib import Path
from tempfile import TemporaryDirectory, TemporaryFile
from urllib.parse import urlsplit

from pipelines.commands.server_process import LEAVE_SECONDS, answers, free_port, server_command, serving
from pipelines.publish.release import CURRENT
from pipelines.settings import Settings
from tools.behind_nginx import behind_nginx
from tools.twin_release import REGION, make_twin

# In links, which are the same wherever the portal listens.
HOST = "localhost"
RELEASE = "x-regiokompas-release"
SQL = f"select+*+from+observations+where+region_code='{REGION}'+order+by+1,2,3+limit+500"
QUICK = (
    "/en/municipality/zwolle",
    f"/regiokompas.json?_shape=array&sql={SQL}",
    "/regiokompas/observations.csv?_stream=on&region_code__startswith=GM01",
    "/downloads/observations.csv",
    "/downloads/observations_on_boundaries.parquet",
    "/datapackage.json",
)
SLOW = ("/regiokompas.db",)
# Of files only: what is compressed for one reader differs in the time that it tells.
ENCODED = ("/downloads/", "/datapackage.json")
BUSY_SECONDS, SLOW_SECONDS, PATIENCE_SECONDS, SWITCH_SECONDS = 0.2, 0.1, 300.0, 600.0
CHUNK_BYTES = 1 << 20

Known = dict[tuple[str, str], str]
"""The sha256 of what a release answers, by address and release."""


class Reader:
    """Asks one address after another, over one connection as long as it is kept; notes what was not right.

    Args:
        address: where the portal is.
        number: which reader this is; each has an address of its own on this machine.
        pause: the seconds between two pieces of an answer.
    """

    def __init__(self, address: str, number: int = 0, pause: float = 0.0) -> None:
        where = urlsplit(address)
        self._pause, self.answered, self.told = pause, 0, Counter[str]()
        self._connection = HTTPConnection(
            where.hostname or "", where.port, timeout=PATIENCE_SECONDS, source_address=(f"127.0.0.{number + 2}", 0)
        )

    def read(self, path: str) -> tuple[int, str, str]:
        """Returns the status, the release and the sha256 of an answer.

        Raises:
            OSError, HTTPException: it did not come, or not as a whole.
        """
        headers = {"Host": HOST, **({"Accept-Encoding": "zstd, gzip"} if path.startswith(ENCODED) else {})}
        answer, digest = self._ask(path, headers), sha256()
        while piece := answer.read(CHUNK_BYTES):
            digest.update(piece)
            time.sleep(self._pause)
        if answer.length:
            raise HTTPException(f"{answer.length} bytes are missing")
        return answer.status, answer.headers.get(RELEASE, ""), digest.hexdigest()

    def _ask(self, path: str, headers: dict[str, str]) -> HTTPResponse:
        was_open = self._connection.sock is not None
        try:
            self._connection.request("GET", path, headers=headers)
            return self._connection.getresponse()
        except ConnectionError:
            self._connection.close()
            if not was_open:
                raise
            # It was closed while nothing was asked, which every browser takes for what it is.
            self.told["reconnected"] += 1
            self._connection.request("GET", path, headers=headers)
            return self._connection.getresponse()

    def ask_until(self, is_over: threading.Event, paths: tuple[str, ...], known: Known) -> None:
        """Asks for addresses in turn, and compares every answer with what its release is known to answer."""
        for path in cycle(paths):
            if is_over.is_set():
                return
            try:
                status, release, digest = self.read(path)
            except (OSError, HTTPException) as error:
                self._connection.close()
                self.told[f"error: {path} {error!r}"] += 1
                continue
            if status == 429:
                self.told["told to wait"] += 1
                time.sleep(BUSY_SECONDS)
            elif status != 200:
                self.told[f"error: {path} {status}"] += 1
            elif known.get((path, release)) != digest:
                self.told[f"mixed: {path} is not that of {release}"] += 1
            else:
                self.answered += 1


def learn(releases: list[Path]) -> Known:
    """Returns what each release answers while nothing else is asked."""
    known = {}
    for release in releases:
        with serving(release) as address:
            for path in (*QUICK, *SLOW):
                status, said, known[path, release.name] = Reader(address).read(path)
                if (status, said) != (200, release.name):
                    raise SystemExit(f"{path} of {release.name} answers {status} of {said}")
    return known


@dataclass
class Way:
    """A way to serve: where readers ask, and what lets them have the release that a link leads to now."""

    address: str
    switch: Callable[[], object]


@contextmanager
def by_itself(link: Path) -> Iterator[Way]:
    """`regiokompas serve`, which follows the link."""
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    with TemporaryFile("w+") as log:
        server = subprocess.Popen(server_command(link, port), stdout=log, stderr=subprocess.STDOUT)

        def said() -> list[str]:
            return os.pread(log.fileno(), 1 << 20, 0).decode().splitlines()

        def wait() -> None:
            until = time.monotonic() + SWITCH_SECONDS
            while not (said() and said()[-1].startswith(f"Release {link.resolve().name} is on ")):
                if time.monotonic() > until or server.poll() is not None:
                    raise SystemExit("\n".join(said()))
                time.sleep(0.1)

        try:
            wait()
            while not answers(address):
                time.sleep(0.1)
            yield Way(address, wait)
        finally:
            server.terminate()
            server.wait(timeout=LEAVE_SECONDS)


@contextmanager
def in_pairs(link: Path) -> Iterator[Way]:
    """Two pairs of processes behind nginx."""
    with behind_nginx(link) as portal:
        yield Way(portal.address, portal.switch)


WAYS = {"serve": by_itself, "nginx": in_pairs}


@dataclass
class Outcome:
    """What readers were sent during some switches."""

    seconds: list[float] = field(default_factory=list)
    answered: int = 0
    told: Counter[str] = field(default_factory=Counter)

    def count(self, kind: str) -> int:
        """Returns how many answers were of a kind."""
        return sum(number for told, number in self.told.items() if told.startswith(kind))


def switch_under_load(way: str, releases: list[Path], known: Known, switches: int, clients: int) -> Outcome:
    """Lets clients read while one release takes over from the other again and again."""
    outcome, is_over = Outcome(), threading.Event()
    link = releases[0].with_name(CURRENT)
    point(link, releases[0])
    with WAYS[way](link) as served:
        readers = [Reader(served.address, number, SLOW_SECONDS * (number % 4 == 3)) for number in range(clients)]
        # Each begins elsewhere, so that all are asked for all the time.
        turns = [
            SLOW if number % 4 == 3 else QUICK[number % len(QUICK) :] + QUICK[: number % len(QUICK)]
            for number in range(clients)
        ]
        threads = [
            threading.Thread(target=reader.ask_until, args=(is_over, paths, known))
            for reader, paths in zip(readers, turns, strict=True)
        ]
        for thread in threads:
            thread.start()
        try:
            for number in range(1, switches + 1):
                began = time.monotonic()
                point(link, releases[number % 2])
                served.switch()
                outcome.seconds.append(time.monotonic() - began)
        finally:
            is_over.set()
            for thread in threads:
                thread.join()
    outcome.answered = sum(reader.answered for reader in readers)
    for reader in readers:
        outcome.told += reader.told
    return outcome


def point(link: Path, release: Path) -> None:
    """Makes a release current, in one step."""
    new = link.with_name(".new")
    new.symlink_to(release.name)
    new.replace(link)


def main() -> int:
    """Prints a line for each way, and below it what was not right; returns 1 if anything was."""
    switches = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    clients = int(sys.argv[2]) if len(sys.argv) > 2 else 16
    current = (Settings.from_environment().releases / CURRENT).resolve(strict=True)
    wrong = 0
    with TemporaryDirectory(dir=current.parents[1]) as folder:
        first = make_twin(current, Path(folder), f"{current.name}-first")
        releases = [first, make_twin(first, Path(folder), f"{current.name}-second")]
        known = learn(releases)
        print("way    switches  s each  clients  answered  told to wait  reconnected  errors  mixed or cut")
        for way in sys.argv[3:] or WAYS:
            outcome = switch_under_load(way, releases, known, switches, clients)
            each = sum(outcome.seconds) / len(outcome.seconds)
            counted = [outcome.count(kind) for kind in ("told to wait", "reconnected", "error", "mixed")]
            told = "{:13} {:12} {:7} {:13}".format(*counted)
            print(f"{way:6} {switches:8} {each:7.1f} {clients:8} {outcome.answered:9} {told}", flush=True)
            for what, number in outcome.told.items():
                if ":" in what:
                    print(f"  {number} x {what}")
            wrong += counted[2] + counted[3]
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
