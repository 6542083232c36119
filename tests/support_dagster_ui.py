"""Open `regiokompas dev`, ask its UI what it has of our code, and end it."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

PATIENCE = 600
ASKED = """{
  shouldShowNux
  workspaceOrError { ... on Workspace { locationEntries {
    name loadStatus locationOrLoadError { __typename ... on RepositoryLocation { repositories { assetNodes { id } } } }
  } } }
}"""


@dataclass(frozen=True)
class Opened:
    """What the UI had of our code, whether it would ask for an address of mail, and how it ended."""

    name: str
    assets: int
    nux: bool
    code: int
    told: str


def terminate(ui: "subprocess.Popen[bytes]") -> None:
    ui.terminate()


def press_ctrl_c(ui: "subprocess.Popen[bytes]") -> None:
    """As a terminal does: all that was started in it gets the signal at once."""
    os.killpg(ui.pid, signal.SIGINT)


def open_and_end(
    regiokompas: Sequence[str | Path],
    folder: Path,
    environment: Mapping[str, str],
    log: Path,
    end: Callable[["subprocess.Popen[bytes]"], None],
) -> Opened:
    """Open the UI until it has our code; when this returns, nothing of it is left running."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [*regiokompas, "dev", "--port", str(port)]
    with log.open("w") as out:
        ui = subprocess.Popen(
            command, cwd=folder, env=environment, stdout=out, stderr=subprocess.STDOUT, start_new_session=True
        )
    try:
        entry, nux = loaded(f"http://127.0.0.1:{port}/graphql", ui, log)
    finally:
        if ui.poll() is None:
            end(ui)
        code = ui.wait(PATIENCE)
        wait_until_none_is_left(ui.pid)
    told = log.read_text(encoding="utf-8")
    assert "repositories" in entry["locationOrLoadError"], told
    (repository,) = entry["locationOrLoadError"]["repositories"]
    return Opened(entry["name"], len(repository["assetNodes"]), nux, code, told)


def loaded(address: str, ui: "subprocess.Popen[bytes]", log: Path) -> tuple[dict[str, Any], bool]:
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
    raise AssertionError("the UI never had our code: " + log.read_text(encoding="utf-8"))


def wait_until_none_is_left(group: int) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return
        time.sleep(0.2)
    os.killpg(group, signal.SIGKILL)
    raise AssertionError("a process of the UI outlived it")
