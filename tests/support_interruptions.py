"""Something happens to a run in the middle of one of its stages: it is killed, told to end, or can write no more.

Belongs here: the stages, found by what they write first, a run of one stage in a process of its own, and a whole run on
a machine whose clock jumps at each of them. Not here: the process that runs are forked from, which has loaded what they
need (`support_interrupted_run.py`), and what must have come of it, which the tests say.
"""

import multiprocessing
import os
import re
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from multiprocessing import forkserver
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import pytest
from support_machine import AHEAD, BEHIND, Clock, be_nobody_special, close, fill, reopen

from pipelines.orchestration.release_assets import RELEASE_OP
from pipelines.orchestration.source_assets import INGEST_OP
from pipelines.settings import PROJECT

# The smallest source of the sample, so that landing and reading it is quick.
CARD = "cbs/84992NED"


@dataclass(frozen=True)
class Stage:
    """A part of a run: the step of the job that does it, and what it writes first, as a pattern in the data folder.

    `writes_itself` is for a stage whose files are written by another program, which is given the time to begin.
    """

    step: str
    first: str
    writes_itself: bool = True


STAGES = {
    "land": Stage(INGEST_OP, r"landing/"),
    "raw": Stage(INGEST_OP, r"raw/"),
    "assemble": Stage(INGEST_OP, r"build/inputs"),
    "dbt": Stage("dbt_build", r"build/regiokompas\.duckdb$", writes_itself=False),
    "check": Stage("mart_checks", r"build/\.tmp-"),
    "database": Stage("publish__database_file", r"build/release/regiokompas\."),
    "extracts": Stage("publish__extracts", r"build/release/tables/"),
    "publish": Stage(RELEASE_OP, r"build/release/[^/]+$"),
    "switch": Stage(RELEASE_OP, r"releases/"),
}


@dataclass(frozen=True)
class Ended:
    """How a run ended: its exit code (negative for a signal), what it printed, and in which stages it was harmed."""

    code: int
    told: str
    harmed: tuple[str, ...]


class Interrupter:
    """Does something to this process as soon as a stage writes, by what Python tells of every file that it touches."""

    def __init__(self, data: Path, name: str, harm: Callable[["Interrupter"], None], harmed: Connection) -> None:
        self.data, self.name, self._stage, self._harm, self._harmed = data, name, STAGES[name], harm, harmed
        self._first = re.compile(re.escape(f"{data}/") + self._stage.first)
        self._is_done = False

    def watch(self) -> None:
        """Begin to look at what is written."""
        sys.addaudithook(self._hear)

    def _hear(self, event: str, about: tuple[Any, ...]) -> None:
        if self._is_done or event not in _WRITES or not _WRITES[event](about):
            return
        if any(isinstance(path, str | os.PathLike) and self._first.match(os.fspath(path)) for path in about[:2]):
            self._is_done = True
            # The clock of a machine is that of all its programs.
            if self._stage.writes_itself or self._harm is _jump:
                self._strike()
            else:
                threading.Thread(target=self._strike_when_begun, args=(Path(about[0]),), daemon=True).start()

    def _strike_when_begun(self, path: Path) -> None:
        before = _written(path)
        while (now := _written(path)) is None or (before and now.st_ino == before.st_ino) or not now.st_size:
            time.sleep(0.01)
        self._strike()

    def _strike(self) -> None:
        self._harmed.send(self.name)
        self._harm(self)


# What Python tells before it changes something on disk, and whether it does.
_WRITES: dict[str, Callable[[tuple[Any, ...]], bool]] = {
    "open": lambda about: bool(about[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)),
    "sqlite3.connect": lambda about: "mode=ro" not in str(about[0]) and "immutable" not in str(about[0]),
    **dict.fromkeys(("os.mkdir", "os.rename", "os.remove", "os.symlink", "os.link"), lambda about: True),
}


def _written(path: Path) -> os.stat_result | None:
    """What is known of a file; None where it is not there, or no longer."""
    with suppress(FileNotFoundError):
        return path.stat()
    return None


def _kill(_: Interrupter) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _terminate(_: Interrupter) -> None:
    os.kill(os.getpid(), signal.SIGTERM)


def _fill(_: Interrupter) -> None:
    """From now on no file can be made larger, by this program nor by those that it has started."""
    for pid in (os.getpid(), *_children()):
        fill(pid)


def _children() -> list[int]:
    mine = Path("/proc/self/task").glob("*/children")
    return [int(pid) for listed in mine for pid in listed.read_text().split()]


def _close(at: Interrupter) -> None:
    close(at.data)


def _jump(at: Interrupter) -> None:
    Clock(at.data.parent).set(BEHIND if list(STAGES).index(at.name) % 2 else AHEAD)


HARMS: dict[str, Callable[[Interrupter], None]] = {
    "kill -9": _kill,
    "SIGTERM": _terminate,
    "disk full": _fill,
    "read-only": _close,
}


def _run(data: Path, name: str | None, harms: Mapping[str, str], told: Connection, harmed: Connection) -> None:
    # Loaded before the fork: else each run would take seconds to begin, and nobody would notice.
    run_sample = sys.modules["support_interrupted_run"].run_sample
    for standard in (1, 2):
        os.dup2(told.fileno(), standard)
    be_nobody_special()
    for at, harm in harms.items():
        Interrupter(data, at, HARMS.get(harm, _jump), harmed).watch()
    if name:
        run_sample(STAGES[name].step, "--select", CARD)
    else:
        run_sample(None)


class Machine:
    """A machine with a data folder on which runs are started, each in a process of its own.

    Args:
        data: the data folder, on which there was a run before.
    """

    def __init__(self, data: Path) -> None:
        self.data = data
        self._context = multiprocessing.get_context("forkserver")
        self._clock = Clock(data.parent)
        of_data = {"REGIOKOMPAS_DATA": str(data), "REGIOKOMPAS_SELECTIONS": str(data / "selections")}
        # Where it finds what it loads, which a server of forks is not told otherwise.
        modules = {"PYTHONPATH": os.pathsep.join([str(Path(__file__).parent), str(PROJECT)])}
        self._begin(of_data | modules | self._clock.make())

    def _begin(self, environment: dict[str, str]) -> None:
        """Start the process that runs are forked from; it has loaded the command line and what the job is made of."""
        self._context.set_forkserver_preload(["support_interrupted_run"])
        with pytest.MonkeyPatch.context() as patch:
            for name, value in environment.items():
                patch.setenv(name, value)
            forkserver.ensure_running()

    def run_stage(self, stage: str, harm: str | None = None) -> Ended:
        """Run the step of a stage by the command line, and do harm as soon as the stage begins to write."""
        return self._run(stage, {stage: harm} if harm else {})

    def run_while_the_clock_jumps(self) -> Ended:
        """Run the whole job by the command line; as each stage begins to write, the clock goes to another year."""
        return self._run(None, dict.fromkeys(STAGES, "clock"))

    def _run(self, name: str | None, harms: dict[str, str]) -> Ended:
        heard, tell = self._context.Pipe(duplex=False)
        was_harmed, harmed = self._context.Pipe(duplex=False)
        process = self._context.Process(target=_run, args=(self.data, name, harms, tell, harmed))
        process.start()
        tell.close()
        harmed.close()
        parts = []
        while part := os.read(heard.fileno(), 1 << 16):
            parts.append(part)
        process.join()
        reopen(self.data)
        self._clock.set(timedelta())
        return Ended(process.exitcode or 0, b"".join(parts).decode(), tuple(_all_of(was_harmed)))


def _all_of(connection: Connection) -> Iterator[str]:
    with suppress(EOFError):
        while connection.poll():
            yield connection.recv()
