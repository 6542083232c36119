"""One run at a time in a data folder, whoever started it: two at once would build in the same place.

Belongs here: the lock, which the system gives back when its process ends, however that ends. Not here: what a run does.
"""

from collections.abc import Iterator
from contextlib import contextmanager

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
        with data_lock(settings).acquire(timeout=0):
            yield
    except Timeout:
        raise RegiokompasError(
            f"another run is busy in {settings.data} -> wait for it, or set REGIOKOMPAS_DATA to another folder"
        ) from None


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
