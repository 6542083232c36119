"""The settings as the steps of a Dagster job get them, for as long as no other run is busy in the data folder.

Belongs here: that one resource. Not here: the lock itself (`pipelines.run_lock`).
"""

from collections.abc import Iterator

import dagster as dg

from pipelines.run_lock import only_run
from pipelines.settings import Settings
from pipelines.telling import tell_nobody


def settings_of_run(settings: Settings) -> dg.ResourceDefinition:
    """The settings as the steps of a job get them: the data folder is locked from the first step to the last.

    A run that Dagster starts waits for the one that is busy. Every step needs the settings, and all steps of a run are
    in one process.
    """

    def hold(context: dg.InitResourceContext) -> Iterator[Settings]:
        with only_run(settings, context.log.info if context.log else tell_nobody, wait=True):
            yield settings

    return dg.ResourceDefinition(hold)
