"""A portal that takes its releases from storage: it looks for a new one there as long as it serves.

Belongs here: when it looks, and what it does when it cannot. Not here: fetching (`storage/working_copy.py`), and how a
new release takes over once `current` leads to it (`supervisor.py`).
"""

import threading
from pathlib import Path

from filelock import Timeout

from pipelines.disk import disk_trouble
from pipelines.errors import RegiokompasError
from pipelines.publish.release import current
from pipelines.run_lock import data_lock
from pipelines.settings import Settings
from pipelines.storage.state import CURRENT
from pipelines.storage.working_copy import take_release
from pipelines.telling import Tell


def first_release(settings: Settings, tell: Tell) -> Path:
    """The link to the release to serve: that of the storage, or the one that is here already if it cannot be had.

    Raises:
        RegiokompasError: it cannot be had, and there is none here.
    """
    try:
        _take(settings, tell)
    except RegiokompasError as error:
        kept = current(settings.releases)
        if kept is None:
            raise
        tell(f"Release {kept.release_id} is served as it is here: {error}")
    return settings.data / CURRENT


def follow(settings: Settings, tell: Tell) -> None:
    """Have the data folder follow the storage, in a thread of its own; first it also fetches the earlier releases."""
    threading.Thread(target=_keep_following, args=(settings, tell), name="storage", daemon=True).start()


def _keep_following(settings: Settings, tell: Tell) -> None:
    told, pause = "", threading.Event()
    while True:
        problem = ""
        try:
            _take(settings, tell, all_releases=True)
        except (RegiokompasError, OSError) as error:
            problem = disk_trouble(error) or " ".join(str(error).split())
        # The same trouble is told once.
        if problem and problem != told:
            tell(f"The release stays: {problem}")
        told = problem
        pause.wait(settings.storage_seconds)


def _take(settings: Settings, tell: Tell, *, all_releases: bool = False) -> None:
    try:
        with data_lock(settings).acquire(timeout=0):
            take_release(settings, tell, all_releases=all_releases)
    except Timeout:
        # A run is busy in this folder: what it makes is here before it is in storage.
        return
