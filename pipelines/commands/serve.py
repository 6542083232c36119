"""Serves the current release until it is stopped: what is wrong is said before anything starts.

This is a program of its own too, which `regiokompas serve` becomes: each of its processes loads what it loaded, and the
command line loads a lot.
"""

import socket
import sys
from contextlib import suppress
from pathlib import Path

import click

from pipelines.commands.follower import first_release, follow
from pipelines.commands.release_check import ServeError, check_release
from pipelines.commands.server_process import HOST, MOST_MEMORY_MB, PAGES, PORT, QUESTIONS, socket_of
from pipelines.commands.supervisor import Supervisor
from pipelines.errors import RegiokompasError
from pipelines.settings import Settings


def listen(port: int, host: str) -> socket.socket:
    """Returns a socket that is ours, on which our processes answer as soon as they can.

    Raises:
        ServeError: the port is taken, or is not ours to take.
    """
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        advice = f"Choose another with `--port {port + 1}`."
        raise ServeError(f"Port {port} of {host} cannot be used: {error.strerror}. {advice}") from error
    return listener


def listen_in(folder: Path, kind: str) -> socket.socket:
    """Returns a socket of ours in a folder, to which every program of this machine may connect; one that is left goes.

    Raises:
        ServeError: it cannot be made there.
    """
    path = socket_of(folder, kind)
    listener = socket.socket(socket.AF_UNIX)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        listener.bind(str(path))
        path.chmod(0o666)
    except OSError as error:
        listener.close()
        raise ServeError(f"{path} cannot be used: {error.strerror or error}.") from error
    return listener


def refuse_taken_port(port: int, host: str) -> None:
    """Raises ServeError when another program already listens on the port."""
    listen(port, host).close()


def _tell(line: str) -> None:
    # Nobody may be there to hear it, and readers are served on.
    with suppress(OSError):
        click.echo(line)


@click.command()
@click.argument("release", type=click.Path(path_type=Path))
@click.option("--port", type=int, default=PORT)
@click.option("--host", default=HOST)
@click.option("--sockets", type=click.Path(path_type=Path))
@click.option("--memory", type=int, default=MOST_MEMORY_MB)
@click.option("--from-storage", is_flag=True)
def main(release: Path, port: int, host: str, sockets: Path | None, memory: int, from_storage: bool) -> None:
    """Serve RELEASE on a port, or on sockets in a folder; from storage it is fetched first, and so is each after it."""
    settings = Settings.from_environment()
    try:
        if from_storage:
            first_release(settings, _tell)
        check_release(release)
        listeners = (
            {kind: listen_in(sockets, kind) for kind in (PAGES, QUESTIONS)} if sockets else {PAGES: listen(port, host)}
        )
        supervisor = Supervisor(release, listeners, memory * 1024 * 1024)
    except RegiokompasError as error:
        raise click.ClickException(str(error)) from error
    if from_storage:
        follow(settings, _tell)
    supervisor.run()
    sys.exit(supervisor.exit_code)


if __name__ == "__main__":
    main()
