"""Serves one release with Datasette: a process never sees two releases, and the files it serves never change."""

import json
import os
import socket
import sys
from pathlib import Path
from typing import NoReturn

import click

from pipelines.errors import RegiokompasError
from pipelines.settings import PORTAL
from portal.release_form import UnknownFormatError, refuse_unknown

DATABASE_FILE = "regiokompas.db"
METADATA_FILE = "metadata.json"
RELEASE_FILE = "release.json"


class ServeError(RegiokompasError):
    """A release cannot be served; one line that says what to do."""


def resolve_release(release: Path) -> Path:
    """Returns the directory of a release itself, never a link such as `current` that may later point elsewhere.

    Raises:
        ServeError: there is no release at that path, or it is incomplete, or of a format that the portal cannot read.
    """
    directory = release.resolve()
    if not directory.is_dir():
        raise ServeError(f"There is no release at {release}. Make one with `regiokompas run`.")
    for name in (DATABASE_FILE, METADATA_FILE, RELEASE_FILE):
        if not (directory / name).is_file():
            raise ServeError(f"The release at {release} has no {name}. Make a complete one with `regiokompas run`.")
    try:
        refuse_unknown(json.loads((directory / RELEASE_FILE).read_text(encoding="utf-8")))
    except UnknownFormatError as error:
        raise ServeError(str(error)) from error
    return directory


def datasette_command(release: Path, port: int, host: str = "127.0.0.1") -> list[str]:
    """Returns the command line that serves a release with this Python and, as configuration directory, our portal."""
    directory = resolve_release(release)
    # -P: Python must not look for the package `datasette` in our folder of that name.
    command = [sys.executable, "-P", "-m", "datasette", "serve", str(PORTAL), "--cors"]
    command += ["--immutable", str(directory / DATABASE_FILE), "--metadata", str(directory / METADATA_FILE)]
    return [*command, "--host", host, "--port", str(port)]


def refuse_taken_port(port: int, host: str) -> None:
    """Raises ServeError when another program already listens on the port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            advice = f"Choose another with `--port {port + 1}`."
            raise ServeError(f"Port {port} of {host} cannot be used: {error.strerror}. {advice}") from error


def serve(release: Path, port: int, host: str = "127.0.0.1") -> NoReturn:
    """Becomes a Datasette process that serves the release until it is stopped.

    Raises:
        ServeError: there is no complete release, or the port is taken.
    """
    command = datasette_command(release, port, host)
    refuse_taken_port(port, host)
    click.echo(f"Release {resolve_release(release).name} is on http://{host}:{port} (Ctrl+C stops it)")
    sys.stdout.flush()
    # Replaces this process, so that a stop signal reaches the server itself.
    os.execv(command[0], command)  # noqa: S606 - our own interpreter and arguments, no shell
