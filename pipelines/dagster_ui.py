"""Dagster's web server and its daemon, side by side: the UI, and what runs schedules and waiting runs.

Belongs here: starting and ending both. Not here: what they show, which is `pipelines/definitions.py`.

`dagster dev`, which does the same, has given way to `dg`, and that brings some twenty packages with it.
"""

import os
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path

import click

from pipelines.settings import PROJECT, Settings

_WORKSPACE = ["--workspace", "workspace.yaml"]
_PAUSE = 0.5
_PATIENCE = 20


def run_ui(settings: Settings, port: int) -> int:
    """Run both until one of them ends or a person stops them.

    Args:
        settings: where things are; what runs that are started in the UI read.
        port: the port of the UI.

    Returns:
        The exit code of the one that ended; 0 where a person did.
    """
    environment = {
        **os.environ,
        "DAGSTER_HOME": str(settings.dagster_home),
        "REGIOKOMPAS_DATA": str(settings.data),
        "REGIOKOMPAS_SELECTIONS": str(settings.selections),
    }
    commands = (["dagster-webserver", "--port", str(port)], ["dagster-daemon", "run"])
    click.echo(f"Dagster opens on http://127.0.0.1:{port}; Ctrl-C ends it")
    with ExitStack() as stack:
        running = []
        for name, *rest in commands:
            command = [str(Path(sys.executable).parent / name), *rest, *_WORKSPACE]
            running.append(subprocess.Popen(command, env=environment, cwd=PROJECT))
            stack.callback(_end, running[-1])
        try:
            while all(process.poll() is None for process in running):
                time.sleep(_PAUSE)
        except KeyboardInterrupt:
            return 0
        return next(process.returncode for process in running if process.returncode is not None)


def _end(process: "subprocess.Popen[bytes]") -> None:
    process.terminate()
    try:
        process.wait(_PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
