"""Something happens to a run in the middle of one of its stages: it is killed, told to end, or can write no more.

Belongs here: the stages, found by what they write first, and a run of one stage in a process of its own. The process is
forked from one that has loaded the command line already, since loading it takes longer than most stages. Not here: what
must have come of it, which the tests say.
"""

import ctypes
import multiprocessing
import os
import re
import resource
import signal
import stat
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import dagster as dg

from pipelines.cli import main
from pipelines.orchestration.release_assets import RELEASE_OP
from pipelines.orchestration.source_assets import INGEST_OP

# The smallest source of the sample, so that landing and reading it is quick.
CARD = "cbs/84992NED"
ORIGIN = "sample"


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
    """How a run of a stage ended: the exit code (negative for a signal), what it printed, and whether it was harmed."""

    code: int
    told: str
    was_harmed: bool


class Interrupter:
    """Does something to this process as soon as a stage writes, by what Python tells of every file that it touches."""

    def __init__(self, data: Path, stage: Stage, harm: Callable[["Interrupter"], None], harmed: Connection) -> None:
        self.data, self._stage, self._harm, self._harmed = data, stage, harm, harmed
        self._first = re.compile(re.escape(f"{data}/") + stage.first)
        self._is_done = False

    def watch(self) -> None:
        """Begin to look at what is written."""
        sys.addaudithook(self._hear)

    def _hear(self, event: str, about: tuple[Any, ...]) -> None:
        if self._is_done or event not in _WRITES or not _WRITES[event](about):
            return
        if any(isinstance(path, str | os.PathLike) and self._first.match(os.fspath(path)) for path in about[:2]):
            self._is_done = True
            if self._stage.writes_itself:
                self._strike()
            else:
                threading.Thread(target=self._strike_when_begun, args=(Path(about[0]),), daemon=True).start()

    def _strike_when_begun(self, path: Path) -> None:
        before = path.stat().st_ino if path.exists() else 0
        while not (path.exists() and path.stat().st_ino != before and path.stat().st_size):
            time.sleep(0.01)
        self._strike()

    def _strike(self) -> None:
        self._harmed.send(True)
        self._harm(self)


# What Python tells before it changes something on disk, and whether it does.
_WRITES: dict[str, Callable[[tuple[Any, ...]], bool]] = {
    "open": lambda about: bool(about[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)),
    "sqlite3.connect": lambda about: "mode=ro" not in str(about[0]) and "immutable" not in str(about[0]),
    **dict.fromkeys(("os.mkdir", "os.rename", "os.remove", "os.symlink", "os.link"), lambda about: True),
}


def _kill(_: Interrupter) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _terminate(_: Interrupter) -> None:
    os.kill(os.getpid(), signal.SIGTERM)


def _fill(_: Interrupter) -> None:
    """From now on no file can be made larger, by this program nor by those that it has started."""
    for pid in (os.getpid(), *_children()):
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (0, 0))


def _children() -> list[int]:
    mine = Path("/proc/self/task").glob("*/children")
    return [int(pid) for listed in mine for pid in listed.read_text().split()]


def _close(at: Interrupter) -> None:
    close(at.data)


def close(data: Path) -> None:
    """From now on no folder of the data can be written to."""
    for folder in folders_of(data):
        folder.chmod(stat.S_IRUSR | stat.S_IXUSR)


def reopen(data: Path) -> None:
    """Let the folders of the data be written to again."""
    for folder in folders_of(data):
        folder.chmod(stat.S_IRWXU)


def folders_of(data: Path) -> list[Path]:
    """The folder of the data and all below it."""
    return [Path(at) for at, _, _ in os.walk(data)]


HARMS: dict[str, Callable[[Interrupter], None]] = {
    "kill -9": _kill,
    "SIGTERM": _terminate,
    "disk full": _fill,
    "read-only": _close,
}


def be_nobody_special() -> None:
    """Let the modes of files hold for this process too, and for those that it starts, even as root."""
    libc = ctypes.CDLL(None, use_errno=True)
    for capability in (_DAC_OVERRIDE, _DAC_OVERRIDE + 1):
        libc.prctl(_PR_CAPBSET_DROP, capability, 0, 0, 0)
    header, held = (ctypes.c_uint32 * 2)(_CAPABILITIES_VERSION, 0), (ctypes.c_uint32 * 6)()
    libc.syscall(_SYS_CAPGET, header, held)
    for place in range(3):
        held[place] &= ~(0b11 << _DAC_OVERRIDE)
    libc.syscall(_SYS_CAPSET, header, held)


_DAC_OVERRIDE, _PR_CAPBSET_DROP, _CAPABILITIES_VERSION = 1, 24, 0x20080522
_SYS_CAPGET, _SYS_CAPSET = (90, 91) if os.uname().machine in ("aarch64", "arm64") else (125, 126)


def _only(step: str) -> None:
    """Have this process run one step of the job, on what the steps before it left."""
    whole = dg.JobDefinition.execute_in_process

    def narrowed(
        job: dg.JobDefinition, *, run_config: dict[str, Any], asset_selection: list[dg.AssetKey], **others: Any
    ) -> dg.ExecuteInProcessResult:
        ops = {op: config for op, config in run_config["ops"].items() if op == step}
        chosen: dict[str, Any] = {"op_selection": [step]}
        if step == INGEST_OP:
            chosen = {"asset_selection": [key for key in asset_selection if key.path[0] == "raw"]}
        return whole(job, run_config={**run_config, "ops": ops}, **chosen, **others)

    dg.JobDefinition.execute_in_process = narrowed  # type: ignore[method-assign, assignment]


def _run(data: Path, stage: Stage, harm: str | None, told: Connection, harmed: Connection) -> None:
    for standard in (1, 2):
        os.dup2(told.fileno(), standard)
    os.environ |= {"REGIOKOMPAS_DATA": str(data), "REGIOKOMPAS_SELECTIONS": str(data / "selections")}
    be_nobody_special()
    _only(stage.step)
    if harm:
        Interrupter(data, stage, HARMS[harm], harmed).watch()
    main(["run", "--from", ORIGIN, "--select", CARD], prog_name="regiokompas")


_SERVER = multiprocessing.get_context("forkserver")
_SERVER.set_forkserver_preload([__name__])


def run_stage(data: Path, stage: Stage, harm: str | None = None) -> Ended:
    """Run the step of a stage by the command line, and do harm as soon as the stage begins to write."""
    heard, tell = _SERVER.Pipe(duplex=False)
    was_harmed, harmed = _SERVER.Pipe(duplex=False)
    process = _SERVER.Process(target=_run, args=(data, stage, harm, tell, harmed))
    process.start()
    tell.close()
    harmed.close()
    parts = []
    while part := os.read(heard.fileno(), 1 << 16):
        parts.append(part)
    process.join()
    reopen(data)
    struck = was_harmed.poll() and _is_true(was_harmed)
    return Ended(process.exitcode or 0, b"".join(parts).decode(), struck)


def _is_true(connection: Connection) -> bool:
    try:
        return bool(connection.recv())
    except EOFError:
        return False
