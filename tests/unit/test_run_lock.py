"""One run at a time in a data folder: the command line refuses, a run that Dagster starts waits."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import dagster as dg
import pytest

from pipelines.errors import RegiokompasError
from pipelines.orchestration.settings_resource import settings_of_run
from pipelines.run_lock import only_run
from pipelines.settings import PROJECT, Settings

HOLDER = """
import sys
from pathlib import Path
from pipelines.run_lock import only_run
from pipelines.settings import Settings
with only_run(Settings(data=Path(sys.argv[1]))):
    print("held", flush=True)
    sys.stdin.read()
"""


@contextmanager
def held_elsewhere(data: Path) -> Iterator["subprocess.Popen[str]"]:
    """Another process that runs in the data folder."""
    command = [sys.executable, "-c", HOLDER, str(data)]
    with subprocess.Popen(command, stdin=-1, stdout=-1, text=True, cwd=PROJECT) as process:
        assert process.stdout and process.stdout.readline() == "held\n"
        yield process
        process.kill()


def job_of(settings: Settings, done: threading.Event) -> dg.JobDefinition:
    @dg.op(required_resource_keys={"settings"})
    def step() -> None:
        done.set()

    @dg.job(resource_defs={"settings": settings_of_run(settings)}, executor_def=dg.in_process_executor)
    def steps() -> None:
        step()

    return steps


def test_a_command_is_refused_in_one_line_while_another_process_runs(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path)
    busy = pytest.raises(RegiokompasError, match=r"^another run is busy in .* -> wait for it")
    with held_elsewhere(tmp_path), busy, only_run(settings):
        pytest.fail("two runs at once")
    # A process that was killed holds nothing.
    with only_run(settings):
        pass


def test_a_run_of_dagster_waits_for_the_other_process(tmp_path: Path) -> None:
    done = threading.Event()
    job = job_of(Settings(data=tmp_path), done)
    with held_elsewhere(tmp_path) as other:
        running = threading.Thread(target=job.execute_in_process)
        running.start()
        assert not done.wait(2), "it did not wait"
        other.kill()
        running.join(30)
    assert done.is_set()


def test_the_job_of_a_command_takes_the_lock_that_the_command_has(tmp_path: Path) -> None:
    settings, done = Settings(data=tmp_path), threading.Event()
    with only_run(settings):
        assert job_of(settings, done).execute_in_process().success and done.is_set()
        # And it is still held afterwards.
        with pytest.raises(AssertionError), held_elsewhere(tmp_path):
            pass


UNFINISHED = (
    "landing/objects/ab/.tmp-1",
    "landing/failures/invented/cbs/.tmp-2",
    "landing/locks/cbs/.tmp-3",
    "raw/published/.building-4/raw/1.parquet",
    "build/.tmp-5",
    "releases/.sample-2026-leaving/release.json",
)


def test_a_run_begins_without_what_a_killed_one_left_unfinished(tmp_path: Path) -> None:
    kept = ("landing/objects/ab/abc.gz", "releases/r1/tables/a.csv", "drop/.of-a-person")
    for name in (*UNFINISHED, *kept):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("half", encoding="utf-8")
    (tmp_path / "releases" / ".current-new").symlink_to("r1")
    with only_run(Settings(data=tmp_path)):
        left = [path for path in sorted(tmp_path.rglob("*")) if not path.is_dir()]
        assert {str(path.relative_to(tmp_path)) for path in left} == {*kept, "run.lock"}
        # What the run itself has begun stays, also when it locks the folder once more.
        begun = tmp_path / "build" / ".tmp-6"
        begun.touch()
        with only_run(Settings(data=tmp_path)):
            assert begun.exists()


def test_what_another_run_is_writing_stays(tmp_path: Path) -> None:
    begun = tmp_path / "build" / ".tmp-1"
    begun.parent.mkdir()
    busy = pytest.raises(RegiokompasError, match="another run is busy")
    with held_elsewhere(tmp_path):
        begun.touch()
        with busy, only_run(Settings(data=tmp_path)):
            pytest.fail("two runs at once")
        assert begun.exists()
