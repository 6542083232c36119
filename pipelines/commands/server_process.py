"""The program that serves releases, as others start it: the command line, tests, measurements.

Belongs here: how it is called, and what it takes by default. Not here: what it does, which is `serve.py`; nothing of it
is loaded here, since that takes a second.
"""

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import requests

from pipelines.errors import RegiokompasError

PAGES, QUESTIONS = "pages", "questions"
"""The kinds of its processes: pages and files of ours, and the public's own questions."""
HOST, PORT = "127.0.0.1", 8001
# Of one process; what it has at most under the attacks that were tried is in docs/reliability.md.
MOST_MEMORY_MB = 512
START_SECONDS = 180.0
LEAVE_SECONDS = 40.0
KEEP_ALIVE_SECONDS = 5
"""After how many seconds a connection on which nothing is asked is closed."""


def server_command(
    release: Path,
    port: int = PORT,
    host: str = HOST,
    memory_mb: int = MOST_MEMORY_MB,
    *,
    sockets: Path | None = None,
    from_storage: bool = False,
) -> list[str]:
    """Returns the command line of the program that serves a release, and those after it if `release` is a link.

    Args:
        release: the folder of a release, or a link to one.
        port: where it listens.
        host: the address of this machine on which it does.
        memory_mb: what each of its processes may grow to.
        sockets: a folder; it listens on two sockets in there and on no port, for a proxy that tells them apart.
        from_storage: `release` is the link `current` of the data folder, which it keeps like that of the storage.
    """
    # -P: Python must not look for the package `datasette` in our folder of that name.
    program = [sys.executable, "-P", "-m", "pipelines.commands.serve", str(release), "--memory", str(memory_mb)]
    program += ["--from-storage"] if from_storage else []
    return [*program, "--sockets", str(sockets)] if sockets else [*program, "--port", str(port), "--host", host]


def socket_of(folder: Path, kind: str) -> Path:
    """Returns the socket on which the processes of a kind answer, where the program listens in a folder."""
    return folder / f"{kind}.sock"


def free_port() -> int:
    """Returns a port of this machine on which nobody listens."""
    with socket.socket() as free:
        free.bind((HOST, 0))
        return int(free.getsockname()[1])


@contextmanager
def serving(release: Path) -> Iterator[str]:
    """Serves a release on a free port for as long as the block lasts; gives its address when it answers.

    Raises:
        RegiokompasError: it ended, or did not come to answer in time.
    """
    port = free_port()
    address, until = f"http://{HOST}:{port}", time.monotonic() + START_SECONDS
    server = subprocess.Popen(server_command(release, port), stdout=subprocess.DEVNULL)
    try:
        while not answers(address):
            if server.poll() is not None or time.monotonic() > until:
                raise RegiokompasError(f"{release} is not served: nothing answers on {address}")
            time.sleep(0.2)
        yield address
    finally:
        server.terminate()
        server.wait(timeout=LEAVE_SECONDS)


def answers(address: str) -> bool:
    """Whether the portal at an address says that it is well."""
    try:
        return requests.get(f"{address}/-/health", timeout=30).status_code == 200
    except requests.ConnectionError:
        return False
