"""One run at a time in a data folder, and in the storage if there is one: two at once would build in the same place.

Belongs here: the lock of the folder, which the system gives back when its process ends, however that ends; that a run
begins without what a killed one left unfinished, and begins and ends with the storage. Not here: what a run does; what
is fetched and sent (`storage/`).
"""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from pipelines.disk import is_unfinished
from pipelines.errors import RegiokompasError
from pipelines.settings import Settings
from pipelines.telling import Tell, tell_nobody

_SENDING: dict[Path, Callable[[], None]] = {}


@contextmanager
def only_run(
    settings: Settings, tell: Tell = tell_nobody, *, wait: bool = False, all_releases: bool = False
) -> Iterator[None]:
    """Lock the data folder for one run, which can itself ask for the lock again; with a storage, work in a copy of it.

    Args:
        settings: the data folder and the storage.
        tell: told in a line what is waited for, fetched and sent.
        wait: wait for another run that is busy.
        all_releases: the block needs every release that is kept, and not only those that a run compares with.

    Raises:
        RegiokompasError: another run has locked it, or the storage cannot be used.
    """
    lock = data_lock(settings)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        if not wait:
            raise RegiokompasError(
                f"another run is busy in {settings.data} -> wait for it, or set REGIOKOMPAS_DATA to another folder"
            ) from None
        tell(f"Waiting for another run in {settings.data}")
        lock.acquire()
    try:
        is_within_another = lock.lock_counter > 1
        if not is_within_another:
            _remove_unfinished(settings)
        with nullcontext() if is_within_another or not settings.storage else _copy(settings, tell, wait, all_releases):
            yield
    finally:
        lock.release()


def send_to_storage(settings: Settings) -> None:
    """Send what the run that is under way in this process has made so far; nothing happens without a storage.

    Raises:
        RegiokompasError: it cannot be written there, or another run has changed it.
    """
    if send := _SENDING.get(settings.data):
        send()


def data_lock(settings: Settings) -> FileLock:
    """The lock of the data folder, which is made if it is not there.

    Raises:
        RegiokompasError: it cannot be made.
    """
    try:
        settings.data.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        todo = "set REGIOKOMPAS_DATA to another folder"
        raise RegiokompasError(f"the data folder {settings.data} cannot be made ({error.strerror}) -> {todo}") from None
    return FileLock(settings.data / "run.lock", is_singleton=True, thread_local=False)


def _remove_unfinished(settings: Settings) -> None:
    """Remove what a killed run left unfinished, since no other run is busy.

    What cannot be removed stays; whether the disk can be written to is for the run to find.
    """
    for root in (settings.landing, settings.raw, settings.build, settings.releases):
        for folder, folders, files in os.walk(root):
            for name in [name for name in (*folders, *files) if is_unfinished(name)]:
                path = Path(folder, name)
                if path.is_dir() and not path.is_symlink():
                    shutil.rmtree(path, ignore_errors=True)
                else:
                    with suppress(OSError):
                        path.unlink()
            folders[:] = [name for name in folders if not is_unfinished(name)]


@contextmanager
def _copy(settings: Settings, tell: Tell, wait: bool, all_releases: bool) -> Iterator[None]:
    # Who works in a folder alone does not wait for what speaks to storage.
    from pipelines.storage.working_copy import working_copy

    with working_copy(settings, tell, wait=wait, all_releases=all_releases) as copy:
        _SENDING[settings.data] = copy.send
        try:
            yield
        finally:
            del _SENDING[settings.data]
