"""One run at a time in a data folder, whoever started it: two at once would build in the same place.

Belongs here: the lock, which the system gives back when its process ends, however that ends. Not here: what a run does.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import dagster as dg
from filelock import FileLock, Timeout

from pipelines.errors import RegiokompasError
from pipelines.settings import Settings


@contextmanager
def only_run(settings: Settings) -> Iterator[None]:
    """Lock the data folder for one run, which can itself ask for the lock again.

    Raises:
        RegiokompasError: another run has locked it.
    """
    try:
        with _lock(settings).acquire(timeout=0):
            yield
    except Timeout:
        raise RegiokompasError(
            f"another run is busy in {settings.data} -> wait for it, or set REGIOKOMPAS_DATA to another folder"
        ) from None


def settings_of_run(settings: Settings) -> dg.ResourceDefinition:
    """The settings as the steps of a job get them: the data folder is locked from the first step to the last.

    A run that Dagster starts waits for the one that is busy. Every step needs the settings, and all steps of a run are
    in one process.
    """

    def hold(context: dg.InitResourceContext) -> Iterator[Settings]:
        lock = _lock(settings)
        try:
            lock.acquire(timeout=0)
        except Timeout:
            if context.log:
                context.log.info(f"Waiting for another run in {settings.data}")
            lock.acquire()
        try:
            yield settings
        finally:
            lock.release()

    return dg.ResourceDefinition(hold)


def _lock(settings: Settings) -> FileLock:
    try:
        settings.data.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        todo = "set REGIOKOMPAS_DATA to another folder"
        raise RegiokompasError(f"the data folder {settings.data} cannot be made ({error.strerror}) -> {todo}") from None
    return FileLock(settings.data / "run.lock", is_singleton=True, thread_local=False)
