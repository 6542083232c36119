"""`regiokompas dev`: the UI opens without advice to use something else, and all of it ends together."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import requests

from pipelines.settings import PROJECT

PATIENCE = 600
ASKED = """{
  shouldShowNux
  workspaceOrError { ... on Workspace { locationEntries {
    name loadStatus locationOrLoadError { __typename ... on RepositoryLocation { repositories { assetNodes { id } } } }
  } } }
}"""


def test_the_ui_shows_the_assets_and_ends_as_one(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {**os.environ, "REGIOKOMPAS_DATA": str(tmp_path / "data"), "PYTHONPATH": str(PROJECT)}
    command = [sys.executable, "-c", "from pipelines.cli import main; main()", "dev", "--port", str(port)]
    log = tmp_path / "log"
    with log.open("w") as out:
        ui = subprocess.Popen(command, cwd=PROJECT, env=environment, stdout=out, stderr=subprocess.STDOUT)
    try:
        entry, nux = loaded(f"http://127.0.0.1:{port}/graphql", ui)
    finally:
        ui.send_signal(signal.SIGTERM)
        ended = ui.wait(PATIENCE)
    told = log.read_text(encoding="utf-8")
    assert ended == 0, told
    assert entry["name"] == "regiokompas" and nux is False
    (repository,) = entry["locationOrLoadError"]["repositories"]
    assert len(repository["assetNodes"]) > 100
    assert "superseded" not in told and "deprecated" not in told, told
    with socket.socket() as gone:
        assert gone.connect_ex(("127.0.0.1", port))


def loaded(address: str, ui: "subprocess.Popen[bytes]") -> tuple[dict[str, Any], object]:
    """What the UI has of our code, as soon as it has it, and whether it would ask for an address of mail."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until and ui.poll() is None:
        try:
            data = requests.post(address, json={"query": ASKED}, timeout=30).json()["data"]
        except requests.ConnectionError:
            time.sleep(1)
            continue
        (entry,) = data["workspaceOrError"]["locationEntries"]
        if entry["loadStatus"] == "LOADED":
            return entry, data["shouldShowNux"]
    raise AssertionError("the UI never had our code")
