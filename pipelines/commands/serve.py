"""Serves the current release until it is stopped: what is wrong is said before anything starts.

This is a program of its own too, which `regiokompas serve` becomes: each of its processes loads what it loaded, and the
command line loads a lot.
"""

import socket
import sys
from pathlib import Path

import click

from pipelines.commands.release_check import ServeError, check_release
from pipelines.commands.supervisor import Supervisor
from pipelines.commands.workers import PAGES, QUESTIONS

BOTH = (PAGES, QUESTIONS)
# Of one process; what it has at most under the attacks that were tried is in docs/publishing-and-serving.md.
MOST_MEMORY_MB = 1024


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


def refuse_taken_port(port: int, host: str) -> None:
    """Raises ServeError when another program already listens on the port."""
    listen(port, host).close()


def server_command(
    release: Path,
    port: int,
    host: str = "127.0.0.1",
    kinds: tuple[str, ...] = BOTH,
    memory_mb: int = MOST_MEMORY_MB,
) -> list[str]:
    """Returns the command line of the program that serves a release, and those after it if `release` is a link."""
    # -P: Python must not look for the package `datasette` in our folder of that name.
    program = [sys.executable, "-P", "-m", "pipelines.commands.serve"]
    return [*program, str(release), "--port", str(port), "--host", host, "--memory", str(memory_mb), *kinds]


@click.command()
@click.argument("release", type=click.Path(path_type=Path))
@click.argument("kinds", nargs=-1, required=True)
@click.option("--port", type=int, required=True)
@click.option("--host", required=True)
@click.option("--memory", type=int, required=True)
def main(release: Path, kinds: tuple[str, ...], port: int, host: str, memory: int) -> None:
    """Serve RELEASE with processes of these KINDS."""
    try:
        check_release(release)
        supervisor = Supervisor(release, listen(port, host), kinds, memory * 1024 * 1024)
    except ServeError as error:
        raise click.ClickException(str(error)) from error
    supervisor.run()
    sys.exit(supervisor.exit_code)


if __name__ == "__main__":
    main()
