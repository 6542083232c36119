"""The settings as the steps of a Dagster job get them, for as long as no other run is busy in the data folder.

Belongs here: that one resource. Not here: the lock itself (`pipelines.run_lock`).
"""

from collections.abc import Iterator

import dagster as dg
from filelock import Timeout

from pipelines.run_lock import data_lock
from pipelines.settings import Settings


def settings_of_run(settings: Settings) -> dg.ResourceDefinition:
    """The settings as the steps of a job get them: the data folder is locked from the first step to the last.

    A run that Dagster starts waits for the one that is busy. Every step needs the settings, and all steps of a run are
    in one process.
    """

    def hold(context: dg.InitResourceContext) -> Iterator[Settings]:
        lock = data_lock(settings)
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
