"""Every stage of a run, interrupted in every way: readers keep what they had, and the next run is whole."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from subprocess import PIPE, STDOUT, Popen

import pytest
import requests
from conftest import Run
from support import Ran, digests, run_cli
from support_interruptions import (
    CARD,
    FAKETIME,
    HARMS,
    NEEDS_FAKETIME,
    STAGES,
    Ended,
    clock_at,
    close,
    reopen,
    run_stage,
    write_nothing,
)
from support_releases import BEFORE, EARLIER, REVISED, publish_before

from pipelines.commands.serve import server_command
from pipelines.definitions import JOB, build_defs
from pipelines.disk import TOLD
from pipelines.landing.store import Landing, Snapshot
from pipelines.publish.release import current, damage
from pipelines.settings import Settings

EVERY = [(stage, harm) for stage in STAGES for harm in HARMS]
CELLS = pytest.mark.parametrize(("stage", "harm"), EVERY, ids=[" - ".join(cell) for cell in EVERY])
CODES = {"kill -9": -9, "SIGTERM": 143, "disk full": 1, "read-only": 1}
# What one run leaves half done and no other looks at.
LITTER = (".tmp-*", ".building-*", ".*-new", ".*-leaving", ".*.json", ".*.csv", ".*.parquet")


@dataclass(frozen=True)
class Interrupted:
    """What came of a cell: how the run ended, and what readers have then."""

    ended: Ended
    release_id: str
    problem: str | None


@dataclass(frozen=True)
class Story:
    """All cells, one after another in one data folder, and the run after them."""

    cells: dict[tuple[str, str], Interrupted]
    data: Path
    last: Ran


def _prepare(stage: str, data: Path, run: Run) -> None:
    """Have the stage something to do: what it makes is gone, and what is made before it is there."""
    slug = CARD.replace("/", "__")
    if stage in ("land", "raw"):
        shutil.rmtree(data / "raw" / "invented" / slug, ignore_errors=True)
    if stage == "land":
        for resource in _landed(run.data).resources:
            Landing(data / "landing").path(resource.sha256).unlink(missing_ok=True)
    before = run.data / "build"
    if stage == "dbt":
        # Else dbt reads its project again, for seconds.
        for name in ("manifest.json", "partial_parse.msgpack", "parsed.sha256"):
            shutil.copyfile(before / "dbt" / name, data / "build" / "dbt" / name)
    if stage in ("check", "database"):
        (data / "build" / "regiokompas.duckdb").unlink(missing_ok=True)
        os.link(before / "regiokompas.duckdb", data / "build" / "regiokompas.duckdb")
    if stage in ("extracts", "publish", "switch"):
        built = data / "build" / "release"
        shutil.rmtree(built, ignore_errors=True)
        shutil.copytree(run.release / "tables", built / "tables", copy_function=os.link)
        os.link(run.release / "regiokompas.db", built / "regiokompas.db")


def _landed(data: Path) -> Snapshot:
    found = Landing(data / "landing").current(CARD, invented=True)
    assert found
    return found


@pytest.fixture(scope="module")
def story(sample_run: Run, tmp_path_factory: pytest.TempPathFactory) -> Story:
    data = tmp_path_factory.mktemp("interrupted") / "data"
    shutil.copytree(sample_run.data, data, ignore=shutil.ignore_patterns("releases", "regiokompas.duckdb"))
    publish_before(data / "releases", sample_run.release, {REVISED: BEFORE})
    cells = {}
    for stage, harm in EVERY:
        _prepare(stage, data, sample_run)
        ended = run_stage(data, STAGES[stage], harm)
        release = current(data / "releases")
        assert release
        cells[stage, harm] = Interrupted(ended, release.release_id, damage(release.folder))
    clock = clock_at(2020) if FAKETIME else {}
    return Story(cells, data, run_cli("run", "--from", "sample", data=data, **clock))


def test_every_step_of_the_job_is_interrupted(sample_run: Run) -> None:
    job = build_defs(Settings(data=sample_run.data)).resolve_job_def(JOB)
    assert {stage.step for stage in STAGES.values()} == {node.name for node in job.graph.node_defs}


@CELLS
def test_readers_keep_what_they_had(story: Story, stage: str, harm: str) -> None:
    cell = story.cells[stage, harm]
    assert cell.ended.was_harmed, cell.ended.told
    assert (cell.release_id, cell.problem) == (EARLIER, None)


@CELLS
def test_it_ends_with_its_own_code_and_one_line(story: Story, stage: str, harm: str) -> None:
    ended = story.cells[stage, harm].ended
    assert ended.code == CODES[harm], ended.told
    assert "Traceback" not in ended.told and "fault in the program" not in ended.told, ended.told
    told = [line.strip() for line in ended.told.splitlines() if " -> " in line or line.startswith("Stopped: ")]
    if harm == "kill -9":
        assert not told
    elif harm == "SIGTERM":
        assert told == [f"Stopped: nothing was published; {EARLIER} is still current"]
    else:
        assert len(told) == 1 and any(line in told[0] for line in TOLD), ended.told


def test_the_next_run_is_whole_and_the_same_to_the_byte(story: Story, sample_run: Run) -> None:
    assert story.last.code == 0, story.last.err
    done = current(story.data / "releases")
    assert done and done.release_id == sample_run.release.name
    assert digests(done.folder) == digests(sample_run.release)


@pytest.mark.parametrize("pattern", LITTER)
def test_nothing_half_done_is_left(story: Story, pattern: str) -> None:
    assert [path.relative_to(story.data) for path in story.data.rglob(pattern)] == []


@NEEDS_FAKETIME
@pytest.mark.parametrize("year", [2020, 2036])
def test_a_clock_that_is_wrong_changes_nothing(story: Story, sample_run: Run, year: int) -> None:
    ran = run_cli("run", "--from", "sample", data=story.data, **clock_at(year))
    assert ran.code == 0, ran.err
    assert "nothing was built again" in ran.out and sample_run.release.name in ran.out
    status = run_cli("status", data=story.data, **clock_at(year))
    assert status.code == 0 and sample_run.release.name in status.out


@contextmanager
def serving(data: Path, harm: Callable[[], None] | None, **environment: str) -> Iterator[tuple[str, Popen[str]]]:
    """A portal in a process to which something happens before it starts; gives its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = server_command(data / "releases" / "current", port)
    with Popen(
        command, stdout=PIPE, stderr=STDOUT, text=True, preexec_fn=harm, env={**os.environ, **environment}
    ) as on:
        try:
            assert on.stdout
            told = on.stdout.readline()
            assert f"is on http://127.0.0.1:{port}" in told, told + on.stdout.read()
            yield f"http://127.0.0.1:{port}", on
        finally:
            on.terminate()


SERVED = (
    *("/", "/gemeente/zwolle", "/en/municipality/zwolle.xlsx", "/gemeente/zwolle.zip", "/v1/observations?limit=1"),
    *("/regiokompas/observations.csv?region_code=GM0193", "/downloads/regions.csv", "/history/revisions.json"),
    "/regiokompas.json?sql=select+region_code,+total(value)+from+observations+group+by+1+order+by+2",
)


@NEEDS_FAKETIME
def test_a_portal_needs_no_disk_to_write_to_and_no_clock(story: Story) -> None:
    close(story.data)
    try:
        with serving(story.data, write_nothing, **clock_at(2036)) as (address, _):
            answers = {path: requests.get(address + path, timeout=60).status_code for path in SERVED}
    finally:
        reopen(story.data)
    assert set(answers.values()) == {200}, answers


@NEEDS_FAKETIME
def test_a_portal_that_is_killed_leaves_no_process_behind(story: Story) -> None:
    with serving(story.data, None, **clock_at(2020)) as (address, portal):
        assert requests.get(f"{address}/-/health", timeout=60).json()["status"] == "ok"
        told = subprocess.check_output(["ps", "--ppid", str(portal.pid), "-o", "pid="], text=True)
        workers = [Path(f"/proc/{pid}") for pid in told.split()]
        assert len(workers) >= 2
        portal.kill()
        until = time.monotonic() + 45
        while time.monotonic() < until and any(worker.exists() for worker in workers):
            time.sleep(0.2)
    assert not [worker for worker in workers if worker.exists()]
