"""Dagster's UI and what it needs: the server of our code, the web server and the daemon.

Belongs here: starting and stopping the three. Not here: what they show, which is `pipelines/definitions.py`.

`dagster dev`, which starts the same three, has been replaced by `dg`, which brings some twenty packages with it.
"""

import os
import signal
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

import click
import yaml

from pipelines.settings import PACKAGES, Settings

_MODULE = "pipelines.definitions"
_PAUSE = 0.5
_PATIENCE = 20


def run_ui(settings: Settings, port: int) -> int:
    """Run all three until one of them ends or a person stops them.

    Args:
        settings: where things are, also for runs that are started in the UI.
        port: the port of the UI.

    Returns:
        The exit code of the one that ended; 0 if a person stopped them.
    """
    environment = {
        **os.environ,
        "DAGSTER_HOME": str(settings.dagster_home),
        "REGIOKOMPAS_DATA": str(settings.data),
        "REGIOKOMPAS_SELECTIONS": str(settings.selections),
    }
    # A signal that ends this process ends the three with it, as Ctrl-C does.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory()))
        socket, workspace = folder / "code.sock", folder / "workspace.yaml"
        # Without a shared server, the daemon loads the code again every minute.
        server = {"socket": str(socket), "location_name": "regiokompas"}
        workspace.write_text(yaml.safe_dump({"load_from": [{"grpc_server": server}]}), encoding="utf-8")
        commands = (
            ["dagster", "code-server", "start", "--module-name", _MODULE, "--socket", str(socket)],
            ["dagster-webserver", "--port", str(port), "--workspace", str(workspace)],
            ["dagster-daemon", "run", "--workspace", str(workspace)],
        )
        click.echo(f"The Dagster UI will be on http://127.0.0.1:{port} in a moment; Ctrl-C stops it")
        running: list[subprocess.Popen[bytes]] = []
        try:
            for name, *rest in commands:
                command = [str(Path(sys.executable).parent / name), *rest]
                running.append(subprocess.Popen(command, env=environment, cwd=PACKAGES))
                stack.callback(_end, running[-1])
                _wait_for(socket, running)
            while all(process.poll() is None for process in running):
                time.sleep(_PAUSE)
        except KeyboardInterrupt:
            return 0
        return next(process.returncode for process in running if process.returncode is not None)


def _wait_for(socket: Path, running: list["subprocess.Popen[bytes]"]) -> None:
    """Wait until the code is served: the other two must find it there."""
    while not socket.exists() and all(process.poll() is None for process in running):
        time.sleep(_PAUSE)


def _end(process: "subprocess.Popen[bytes]") -> None:
    process.terminate()
    try:
        process.wait(_PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
