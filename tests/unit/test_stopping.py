"""What ends a command from outside, and what a disk can do to it: one line, and the exit code of the signal."""

import errno
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from pipelines.disk import disk_trouble
from pipelines.settings import PROJECT, Settings

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
