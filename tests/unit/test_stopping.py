"""What ends a command from outside, and what a disk can do to it: one line, and the exit code of the signal."""

import errno
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from pipelines.disk import disk_trouble
from pipelines.ingest.refresh import by_first_access
from pipelines.settings import CARDS, PROJECT, Settings
from pipelines.sources.access import Access
from pipelines.sources.card import load_cards

SCRIPT = """
import sys, threading, time
from concurrent.futures import ThreadPoolExecutor
from pipelines.commands.stopping import stoppable
with stoppable(lambda: "nothing was published"):
    # A request under way in another thread is not waited for.
    ThreadPoolExecutor(1).submit(time.sleep, 60)
    print("started", flush=True)
    time.sleep(60)
"""


@pytest.mark.parametrize(("sent", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_it_in_one_line_with_its_own_code(sent: signal.Signals, code: int) -> None:
    command = [sys.executable, "-c", SCRIPT]
    with subprocess.Popen(command, stdout=-1, stderr=-1, text=True, cwd=PROJECT) as process:
        assert process.stdout and process.stdout.readline() == "started\n"
        process.send_signal(sent)
        _, told = process.communicate(timeout=20)
    assert process.returncode == code and told.strip() == "Stopped: nothing was published"


WORKER = """
import atexit, sys, tempfile, threading, time
from pathlib import Path
# The last of what is done at the end, so that the thread can see what was done before.
atexit.register(time.sleep, 1)
from pipelines.commands.stopping import stoppable
def work():
    with tempfile.TemporaryDirectory() as folder:
        # By then the program is asleep.
        time.sleep(0.5)
        print(folder, flush=True)
        while Path(folder).exists():
            time.sleep(0.01)
        print("lost", flush=True)
with stoppable(lambda: "nothing was published"):
    threading.Thread(target=work, daemon=True).start()
    time.sleep(60)
"""


def test_the_folder_of_another_thread_stays_until_the_end(tmp_path: Path) -> None:
    command, environment = [sys.executable, "-c", WORKER], {**os.environ, "TMPDIR": str(tmp_path)}
    with subprocess.Popen(command, stdout=-1, stderr=-1, text=True, cwd=PROJECT, env=environment) as process:
        assert process.stdout
        folder = process.stdout.readline().strip()
        process.send_signal(signal.SIGTERM)
        assert process.communicate(timeout=20) == ("", "\nStopped: nothing was published\n")
    assert process.returncode == 143 and Path(folder).is_dir()


def test_a_source_is_not_to_blame_for_a_signal() -> None:
    card = next(iter(load_cards(CARDS).values()))
    tried: list[Access] = []

    def read(access: Access) -> None:
        tried.append(access)
        # As DuckDB says it.
        raise RuntimeError("Query interrupted")

    with pytest.raises(KeyboardInterrupt):
        by_first_access(card, card.access[:1] * 2, read)
    assert len(tried) == 1


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG])
def test_a_full_disk_is_told_as_that(number: int) -> None:
    assert disk_trouble(OSError(number, os.strerror(number), "/data/x")).startswith("the disk is full -> ")
    assert disk_trouble("OperationalError: database or disk is full").startswith("the disk is full -> ")


@pytest.mark.parametrize("number", [errno.EROFS, errno.EACCES])
def test_a_folder_that_cannot_be_written_to_is_told_as_that(number: int) -> None:
    assert disk_trouble(OSError(number, os.strerror(number), "/data/x")).startswith("the data folder cannot be written")


OTHERS = [ValueError("expected a number"), FileNotFoundError(errno.ENOENT, "No such file"), KeyError("a")]


@pytest.mark.parametrize("error", OTHERS)
def test_another_error_is_none_of_the_disk(error: Exception) -> None:
    assert disk_trouble(error) == ""


@pytest.mark.parametrize("name", ["d'ata", "da*ta", "{{ data }}", "da[ta"])
def test_a_folder_that_cannot_stand_in_sql_is_refused_at_once(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match=r"REGIOKOMPAS_DATA: a path with .* -> choose another folder"):
        Settings.from_environment(data=tmp_path / name)
