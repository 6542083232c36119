"""dbt as a program that does not outlive the run that started it.

A run that is killed gives its lock of the data folder back at once, and the next one may begin. dbt would go on writing
into the same build for as long as its models take. Belongs here: ending with whoever started us. Not here: what dbt is
asked to do (`transform.py`).
"""

import os
import signal
import threading
import time

from pipelines.garbage import collect_seldom

_SECONDS = 0.2


def _end_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(_SECONDS)
    # As by the power: what it leaves half done is what the next run expects of a run that was killed.
    os.kill(os.getpid(), signal.SIGKILL)


def main() -> None:
    """Run dbt on the arguments of this program."""
    collect_seldom()
    threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
    from dbt.cli.main import cli

    cli()


if __name__ == "__main__":
    main()
