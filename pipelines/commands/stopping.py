"""Stopping a command from outside: by Ctrl+C, or with the signal that asks a process to end.

Belongs here: noticing such a signal, and ending with it. Not here: what a run leaves behind, which is whole at all
times, since every file is written beside its place and then put there; `run_lock.py` removes what was unfinished.
"""

import atexit
import os
import signal
import sys
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click

_STOPS = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def stoppable(left: Callable[[], str]) -> Iterator[None]:
    """End the process in one line, with the exit code of its signal, when it is stopped meanwhile.

    Args:
        left: what there is then, for that line.
    """
    heard, tell = os.pipe2(os.O_NONBLOCK)
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    # Dagster has handlers of its own during a run, which do not tell one signal from another.
    woken = signal.set_wakeup_fd(tell, warn_on_full_buffer=False)
    try:
        yield
    except KeyboardInterrupt:
        _end(_stopped_by(heard) or signal.SIGINT, left)
    finally:
        if by := _stopped_by(heard):
            _end(by, left)
        signal.set_wakeup_fd(woken)
        signal.signal(signal.SIGTERM, before)
        os.close(heard)
        os.close(tell)


def _stopped_by(heard: int) -> int | None:
    try:
        found = os.read(heard, 4096)
    except BlockingIOError:
        return None
    return next((number for number in found if number in _STOPS), None)


def _end(by: int, left: Callable[[], str]) -> None:
    click.echo(f"\nStopped: {left()}", err=True)
    # A folder that another thread is working in stays, for the next run to remove: without it that thread would find
    # a fault, and blame its source.
    atexit.unregister(weakref.finalize._exitfunc)  # type: ignore[attr-defined]
    # What libraries have to put away, such as semaphores, they would otherwise complain of.
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    # Without waiting for requests that are under way in other threads.
    os._exit(128 + by)
