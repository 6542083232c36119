"""`regiokompas dev`: the UI opens without advice to use something else, and all of it ends together."""

import os
import socket
import subprocess
import sys
from pathlib import Path

from support_dagster_ui import open_and_end, terminate

from pipelines.settings import PROJECT

REGIOKOMPAS = [sys.executable, "-c", "from pipelines.cli import main; main(prog_name='regiokompas')"]


def environment(data: Path) -> dict[str, str]:
    return {**os.environ, "REGIOKOMPAS_DATA": str(data), "PYTHONPATH": str(PROJECT)}


def test_the_ui_shows_the_assets_and_ends_as_one(tmp_path: Path) -> None:
    ui = open_and_end(REGIOKOMPAS, PROJECT, environment(tmp_path / "data"), tmp_path / "log", terminate)
    assert ui.code == 0, ui.told
    assert ui.name == "regiokompas" and ui.assets > 100 and not ui.nux
    assert "superseded" not in ui.told and "deprecated" not in ui.told, ui.told


def test_a_port_that_is_taken_is_told_in_one_line(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        done = subprocess.run(
            [*REGIOKOMPAS, "dev", "--port", port],
            cwd=PROJECT,
            env=environment(tmp_path),
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 1 and len(done.stderr.splitlines()) == 1
    assert f"Port {port} of 127.0.0.1 cannot be used" in done.stderr
