"""Whole runs on storage: one machine makes a release, others serve it, run on, are refused, or are killed meanwhile."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests
from support import Ran, current_release, digests, run_cli
from support_releases import seal_again, with_other_words
from support_storage import contents, new_url, storage_server

from pipelines.commands.server_process import free_port, server_command
from pipelines.publish.release import publish
from pipelines.run_lock import only_run
from pipelines.settings import PROJECT, Settings
from pipelines.storage.bucket import Bucket
from pipelines.storage.lease import LOCK
from pipelines.storage.state import STATE, look, parse

SECONDS = 150.0


@dataclass(frozen=True)
class Stored:
    """A run of the sample that kept its work in storage: what it printed, its data folder and the storage."""

    ran: Ran
    data: Path
    url: str
    variables: dict[str, str]

    def run(self, data: Path, *arguments: str) -> Ran:
        return run_cli(*arguments, data=data, **self.variables)


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stored]:
    with storage_server() as server, pytest.MonkeyPatch.context() as patch:
        for name, value in server.items():
            patch.setenv(name, value)
        data, url = tmp_path_factory.mktemp("storage") / "a", new_url()
        variables = {**server, "REGIOKOMPAS_STORAGE": url, "REGIOKOMPAS_STORAGE_SECONDS": "0.5"}
        yield Stored(run_cli("run", "--from", "sample", data=data, **variables), data, url, variables)


@contextmanager
def portal(stored: Stored, data: Path) -> Iterator[tuple[str, Path]]:
    """A portal on a machine with this data folder; its address, and the file with what it says."""
    port, said = free_port(), data.parent / f"{data.name}.log"
    environment = {**os.environ, **stored.variables, "REGIOKOMPAS_DATA": str(data), "PYTHONPATH": str(PROJECT)}
    command = server_command(data / "releases" / "current", port, from_storage=True)
    with said.open("w") as log, subprocess.Popen(command, env=environment, stdout=log, stderr=log) as server:
        try:
            yield f"http://127.0.0.1:{port}", said
        finally:
            server.terminate()


def wait_for(is_so: Callable[[], bool], what: str) -> None:
    until = time.monotonic() + SECONDS
    while not is_so():
        assert time.monotonic() < until, what
        time.sleep(0.2)


def served(address: str) -> str:
    try:
        return str(requests.get(f"{address}/-/health", timeout=30).json()["release"])
    except requests.ConnectionError:
        return ""


def another_release(stored: Stored, folder: Path, release_id: str) -> None:
    """Publish the release of the run under another id, as a later run would."""
    words = f"update release set release_id = '{release_id}'"
    # Files of its own, and not links to those of the other.
    made = shutil.copytree(
        with_other_words(current_release(stored.data), folder / "words" / release_id, words), folder / release_id
    )
    seal_again(made, release_id=release_id)
    with only_run(Settings(data=stored.data, storage=stored.url)):
        publish(made, stored.data / "releases", release_id)


def test_the_run_sends_all_that_it_made(stored: Stored) -> None:
    assert stored.ran.code == 0, stored.ran.err + stored.ran.out
    assert f"to {stored.url}" in stored.ran.out and "passed, 0 failed" in stored.ran.out
    found = Bucket(stored.url).read(STATE)
    assert found and parse(found[0], "") == look(stored.data)
    assert parse(found[0], "").release_id == current_release(stored.data).name


def test_another_machine_finds_nothing_to_do(stored: Stored, tmp_path: Path) -> None:
    before = contents(Bucket(stored.url))
    ran = stored.run(tmp_path / "b", "run", "--from", "sample")
    assert ran.code == 0 and "nothing was built again" in ran.out, ran.err + ran.out
    assert f"Storage  nothing is new for {stored.url}" in ran.out and contents(Bucket(stored.url)) == before
    assert digests(current_release(tmp_path / "b")) == digests(current_release(stored.data))


def test_a_run_beside_another_is_refused_in_one_line(stored: Stored, tmp_path: Path) -> None:
    with only_run(Settings(data=tmp_path / "other", storage=stored.url)):
        ran = stored.run(tmp_path / "b", "run", "--from", "sample")
    assert ran.code == 1 and ran.err.startswith(f"Error: {stored.url}: another run is busy")
    assert ran.err.count("\n") == 1 and not (tmp_path / "b" / "releases").exists()


def test_a_machine_without_anything_serves_it_and_each_after_it(stored: Stored, tmp_path: Path) -> None:
    first = current_release(stored.data).name
    with portal(stored, tmp_path / "b") as (address, said):
        wait_for(lambda: served(address) == first, "it does not serve what is in storage")
        page = requests.get(f"{address}/en", timeout=30)
        assert page.status_code == 200 and not (tmp_path / "b" / "landing").exists()
        second = "sample-2026-11-03-0000000b"
        another_release(stored, tmp_path, second)
        wait_for(lambda: served(address) == second, "it does not see the release after it")
        # One with an object that is damaged stays unseen, and the log says so in one line.
        third = "sample-2026-11-04-0000000c"
        bucket = Bucket(stored.url)
        publish_damaged(bucket, stored, tmp_path, third)
        wait_for(lambda: "is damaged" in said.read_text(), "the damage is not told")
        assert served(address) == second
        lines = [line for line in said.read_text().splitlines() if "is damaged" in line]
        assert len(lines) == 1 and lines[0].startswith("The release stays: ") and f"releases/{third}/" in lines[0]
    # What is here already is served where storage cannot be had.
    away = Stored(stored.ran, stored.data, stored.url, {**stored.variables, "AWS_ENDPOINT_URL": "http://127.0.0.1:9"})
    with portal(away, tmp_path / "b") as (address, said):
        wait_for(lambda: served(address) == second, "it does not serve what is here")
        time.sleep(3)
        assert said.read_text().count("The release stays: ") == 1
    ran = away.run(tmp_path / "c", "serve", "--port", str(free_port()))
    assert ran.code == 1 and ran.err.startswith("Error: s3://") and ran.err.count("\n") == 1


def publish_damaged(bucket: Bucket, stored: Stored, folder: Path, release_id: str) -> None:
    """A release of which one object has another byte before anybody can see it."""
    send, flipped = Bucket.send, []

    def send_damaged(self: Bucket, key: str, path: Path) -> bool:
        if key.startswith(f"releases/{release_id}/metadata.json/"):
            other = folder / "flipped"
            other.write_bytes(path.read_bytes()[:-1] + b"?")
            flipped.append(key)
            return send(self, key, other)
        return send(self, key, path)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Bucket, "send", send_damaged)
        another_release(stored, folder, release_id)
    assert len(flipped) == 1


def test_a_run_that_is_killed_while_it_sends_has_published_nothing(stored: Stored, tmp_path: Path) -> None:
    url, data = new_url(), shutil.copytree(stored.data, tmp_path / "a", symlinks=True)
    there, variables = Bucket(url), {**stored.variables, "REGIOKOMPAS_STORAGE": url}
    environment = {**os.environ, **variables, "REGIOKOMPAS_DATA": str(data), "PYTHONPATH": str(PROJECT)}
    command = [sys.executable, "-c", "from pipelines.cli import main; main()", "run", "--from", "sample"]
    with subprocess.Popen(command, env=environment, cwd=PROJECT, stdout=subprocess.DEVNULL) as run:
        wait_for(lambda: len(there.listed()) > 20, "it sends nothing")
        run.send_signal(signal.SIGKILL)
    sent = there.listed()
    assert STATE not in sent and LOCK in sent
    none = run_cli("serve", data=tmp_path / "b", **variables)
    assert none.code == 1 and none.err.startswith(f"Error: there is no release in {url}")
    busy = run_cli("run", "--from", "sample", data=data, **variables)
    assert busy.code == 1 and "if it was killed, its lock is over at" in busy.err
    # When that has passed, the next run sends the rest.
    there.remove([LOCK])
    ran = run_cli("run", "--from", "sample", data=data, **variables)
    assert ran.code == 0, ran.err + ran.out
    found = there.read(STATE)
    assert found and parse(found[0], "") == look(data)
