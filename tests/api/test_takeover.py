"""A release that is damaged does not take over, and what breaks is put right: real processes.

That readers notice nothing of one that is whole is shown by `benchmarks/switches.py`, which `test_benchmarks.py` runs.
"""

import os
import re
import shutil
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
import requests
from support_machine import AHEAD, BEHIND, Clock, be_nobody_special, close, fill, reopen

from pipelines.commands.server_process import MOST_MEMORY_MB, server_command
from pipelines.commands.workers import QUESTIONS_NICE


@dataclass
class Served:
    """A running portal that follows a link."""

    address: str
    link: Path
    process: subprocess.Popen[str]
    log: Path

    @property
    def release(self) -> str:
        return str(requests.get(f"{self.address}/-/health", timeout=60).json()["release"])

    def point_to(self, name: str) -> None:
        new = self.link.with_name(".new")
        new.symlink_to(name)
        new.replace(self.link)

    def wait_until(self, is_so: Callable[[], bool], seconds: float = 180) -> None:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if is_so():
                return
            time.sleep(0.2)
        pytest.fail(self.log.read_text(encoding="utf-8"))

    @property
    def said(self) -> str:
        return self.log.read_text(encoding="utf-8")

    def workers(self) -> dict[int, str]:
        """The processes below the parent, with their command lines."""
        listed = subprocess.check_output(["ps", "-ww", "--ppid", str(self.process.pid), "-o", "pid=,args="], text=True)
        rows = [line.strip().split(" ", 1) for line in listed.splitlines()]
        return {int(pid): args for pid, args in rows if "spawn_main" in args}


@contextmanager
def follow(link: Path, folder: Path, memory_mb: int = MOST_MEMORY_MB, **environment: str) -> Iterator[Served]:
    """Serve what a link leads to, by processes for which the modes of files hold."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = folder / "serve.log"
    with log.open("w") as told:
        process = subprocess.Popen(
            server_command(link, port, memory_mb=memory_mb),
            stdout=told,
            stderr=told,
            text=True,
            env={**os.environ, **environment},
            preexec_fn=be_nobody_special,
        )
    served = Served(f"http://127.0.0.1:{port}", link, process, log)
    try:
        served.wait_until(lambda: " is on http" in served.said or process.poll() is not None)
        yield served
    finally:
        process.terminate()
        process.wait(timeout=60)


@pytest.fixture(scope="module")
def releases(sample_release: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("kept") / "releases"
    folder.mkdir()
    first = shutil.copytree(sample_release.resolve(), folder / sample_release.resolve().name, copy_function=os.link)
    (folder / "current").symlink_to(first.name)
    return folder


@pytest.fixture(scope="module")
def clock(releases: Path) -> Clock:
    return Clock(releases.parent)


@pytest.fixture(scope="module")
def served(releases: Path, clock: Clock) -> Iterator[Served]:
    with follow(releases / "current", releases.parent, **clock.make()) as running:
        yield running


def fill_disk(served: Served, _: Clock) -> None:
    for pid in (served.process.pid, *served.workers()):
        fill(pid)


# What happens to the machine: none of it is noticed by readers, since serving writes nothing.
OF_THE_MACHINE: dict[str, Callable[[Served, Clock], object]] = {
    "read-only": lambda served, _: close(served.link.parent),
    "clock ahead": lambda _, clock: clock.set(AHEAD),
    "clock behind": lambda _, clock: clock.set(BEHIND),
    "disk full": fill_disk,
}
SIGNALS = {"kill -9": signal.SIGKILL, "SIGTERM": signal.SIGTERM}
ASKED_FOR = (
    *(
        "/gemeente/zwolle",
        "/v1/regions?limit=3",
        "/downloads/regions.csv",
        "/regiokompas.json?sql=select+1&_shape=array",
    ),
    *("/regiokompas/regions.json?_shape=array", "/regiokompas/regions.csv?_stream=on&scheme=province"),
)


class Reader(threading.Thread):
    """Asks for a page, files and answers in turn until it is told to stop, and notes what it got."""

    def __init__(self, address: str) -> None:
        super().__init__(daemon=True)
        self._address = address
        self.got: dict[str, set[tuple[int, bytes]]] = {path: set() for path in ASKED_FOR}
        self.unanswered: list[str] = []
        self.rounds = 0
        self.is_over = False

    def run(self) -> None:
        while not self.is_over:
            for path in ASKED_FOR:
                try:
                    answer = requests.get(self._address + path, timeout=120)
                except requests.RequestException as error:
                    self.unanswered.append(f"{path}: {error}")
                else:
                    self.got[path].add((answer.status_code, answer.content))
            self.rounds += 1


@contextmanager
def reading(served: Served) -> Iterator[Reader]:
    """Reads for as long as the block lasts: all at least twice before it, and twice after it."""
    reader = Reader(served.address)
    reader.start()
    try:
        served.wait_until(lambda: reader.rounds >= 2)
        yield reader
        until = reader.rounds + 3
        served.wait_until(lambda: reader.rounds >= until)
    finally:
        reader.is_over = True
        reader.join()
        served.wait_until(lambda: _is_answered(served))


@pytest.mark.parametrize("damage", ["cut", "half"])
def test_a_damaged_release_does_not_take_over(served: Served, releases: Path, damage: str) -> None:
    before, name = served.release, f"sample-2026-11-04-{damage}"
    broken = shutil.copytree(served.link.resolve(), releases / name, copy_function=os.link)
    target = broken / ("regiokompas.db" if damage == "cut" else "metadata.json")
    content = target.read_bytes()
    target.unlink()
    if damage == "cut":
        target.write_bytes(content[: len(content) // 2])
    served.point_to(name)
    served.wait_until(lambda: name in served.said)
    assert served.release == before and len(served.workers()) == 2
    told = [line for line in served.said.splitlines() if "stays: " in line]
    assert len(told) == len({*told}) and target.name in told[-1] and name in told[-1]
    served.point_to(before)


@pytest.mark.parametrize("harm", SIGNALS)
def test_a_process_that_dies_is_started_again_and_no_reader_gets_anything_else(served: Served, harm: str) -> None:
    with reading(served) as reader:
        for pid in list(served.workers()):
            end_one(served, pid, SIGNALS[harm])
            served.wait_until(lambda: _is_answered(served))
    for path, answers in reader.got.items():
        whole = {content for status, content in answers if status == 200}
        # While nobody is there for questions, they are told to come back.
        assert len(whole) == 1 and {status for status, _ in answers} <= {200, 503}, path
    assert "has died and is started again" in served.said and "Traceback" not in served.said


def end_one(served: Served, pid: int, by: signal.Signals) -> None:
    os.kill(pid, by)
    served.wait_until(lambda: pid not in served.workers() and len(served.workers()) == 2)


def ask_for(served: Served, path: str) -> requests.Response:
    return requests.get(served.address + path, timeout=120)


@pytest.mark.parametrize("harm", OF_THE_MACHINE)
def test_what_happens_to_the_machine_is_not_noticed_by_readers(served: Served, clock: Clock, harm: str) -> None:
    release, before = served.release, set(served.workers())
    try:
        with reading(served) as reader:
            OF_THE_MACHINE[harm](served, clock)
        assert reader.unanswered == [] and set(served.workers()) == before
        assert {path: len(answers) for path, answers in reader.got.items()} == dict.fromkeys(ASKED_FOR, 1)
        assert {status for answers in reader.got.values() for status, _ in answers} == {200}
        # Nor does one that dies meanwhile stay away.
        end_one(served, next(iter(before)), signal.SIGKILL)
        served.wait_until(lambda: _is_answered(served))
        assert served.release == release
        served.wait_until(lambda: ask_for(served, "/regiokompas.json?sql=select+1").status_code == 200)
    finally:
        reopen(served.link.parent)
        clock.set(timedelta())


def _is_answered(served: Served) -> bool:
    try:
        return requests.get(f"{served.address}/-/health", timeout=120).status_code == 200
    except requests.ConnectionError:
        return False


def test_questions_get_the_processors_that_pages_leave(served: Served) -> None:
    own = os.getpriority(os.PRIO_PROCESS, 0)
    found = [
        {os.getpriority(os.PRIO_PROCESS, int(thread.name)) - own for thread in Path(f"/proc/{pid}/task").iterdir()}
        for pid in served.workers()
    ]
    assert sorted(map(sorted, found)) == [[0], [QUESTIONS_NICE]]


def test_half_a_request_is_closed(served: Served) -> None:
    host, port = served.address.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=60) as half, socket.create_connection((host, int(port))):
        half.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: ")
        began = time.monotonic()
        assert half.recv(1000) == b""
        assert 10 < time.monotonic() - began < 50


def test_sigterm_ends_every_process_within_35_seconds(served: Served) -> None:
    workers = served.workers()
    stream = requests.get(
        f"{served.address}/regiokompas/observations_on_boundaries.csv?_stream=on&year__gt=1", stream=True, timeout=60
    )
    assert stream.status_code == 200
    began = time.monotonic()
    served.process.send_signal(signal.SIGTERM)
    assert served.process.wait(timeout=60) == 0
    assert time.monotonic() - began < 35
    assert workers and not [pid for pid in workers if Path(f"/proc/{pid}").exists()]


def test_processes_that_grow_over_their_limit_are_replaced_as_at_a_new_release(releases: Path, tmp_path: Path) -> None:
    with follow(releases / "current", tmp_path, memory_mb=1) as served:
        before = set(served.workers())
        with reading(served) as reader:
            served.wait_until(lambda: not before & set(served.workers()))
        assert reader.unanswered == []
        assert {path: len(answers) for path, answers in reader.got.items()} == dict.fromkeys(ASKED_FOR, 1)
    assert re.search(r"is being started: the process for \w+ has \d+ MB", served.said)
