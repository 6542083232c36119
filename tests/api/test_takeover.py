"""A release that is damaged does not take over, and what breaks is put right: real processes.

That readers notice nothing of one that is whole is shown by `benchmarks/switches.py`, which `test_benchmarks.py` runs.
"""

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests

from pipelines.commands.server_process import server_command


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
def follow(link: Path, folder: Path, **environment: str) -> Iterator[Served]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = folder / "serve.log"
    with log.open("w") as told:
        process = subprocess.Popen(
            server_command(link, port), stdout=told, stderr=told, text=True, env={**os.environ, **environment}
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
def served(releases: Path) -> Iterator[Served]:
    with follow(releases / "current", releases.parent) as running:
        yield running


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


def test_a_process_that_dies_is_started_again(served: Served) -> None:
    for pid in list(served.workers()):
        os.kill(pid, signal.SIGKILL)
        served.wait_until(lambda pid=pid: pid not in served.workers() and len(served.workers()) == 2)  # type: ignore[misc]
        served.wait_until(lambda: _is_answered(served))
    assert requests.get(f"{served.address}/regiokompas.json?sql=select+1", timeout=120).status_code == 200
    assert "has died and is started again" in served.said


def _is_answered(served: Served) -> bool:
    try:
        return requests.get(f"{served.address}/-/health", timeout=120).status_code == 200
    except requests.ConnectionError:
        return False


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
