"""What tests of the docs share: their pages and fenced blocks, where a block is run, recipes of the Makefile."""

import csv
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests

from pipelines.settings import PROJECT

PAGES = PROJECT / "docs"
DOCS = ("README.md", "README.nl.md", "CONTRIBUTING.md", *(f"docs/{path.name}" for path in sorted(PAGES.glob("*.md"))))
FENCE = re.compile(r"^```(?P<language>\w*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
SELECTION = "municipality_code"
PLAN = ("indicator_id,target_value", "indicator_id;target_value")
HEADER = (PROJECT / "dbt_project" / "seeds" / "indicators.csv").read_text(encoding="utf-8").splitlines()[0]


@dataclass(frozen=True)
class Block:
    """A fenced block, and where it stands."""

    doc: str
    number: int
    language: str
    text: str

    def __str__(self) -> str:
        return f"{self.doc}-{self.number}-{self.language}"

    @property
    def commands(self) -> list[str]:
        return [line for line in self.text.splitlines() if line and not line.startswith("#")]

    @property
    def is_selection(self) -> bool:
        """Whether it is a file of municipality codes, and no row of the registry of indicators."""
        return self.language == "csv" and self.text.startswith(SELECTION)

    @property
    def is_plan(self) -> bool:
        """Whether it is a file with the targets of a plan."""
        return self.language == "csv" and self.text.startswith(PLAN)

    @property
    def row(self) -> dict[str, str]:
        return next(csv.DictReader([HEADER, self.text.strip()]))


def blocks(doc: str) -> list[Block]:
    text = (PROJECT / doc).read_text(encoding="utf-8")
    return [Block(doc, n, match["language"], match["text"]) for n, match in enumerate(FENCE.finditer(text), start=1)]


@dataclass(frozen=True)
class Place:
    """Where a block is run: a folder of its own, and the fixtures by name."""

    folder: Path
    request: pytest.FixtureRequest

    def get(self, fixture: str) -> Any:
        return self.request.getfixturevalue(fixture)


def append(path: Path, text: str) -> None:
    before = path.read_text(encoding="utf-8")
    path.write_text(before.rstrip("\n") + "\n" + text, encoding="utf-8")


def link_data(place: Place, run: str) -> None:
    """Let `data` in the place be the data folder of a run of the session."""
    link = place.folder / "data"
    if not link.exists():
        link.symlink_to(place.get(run).data)


def recipe_of(target: str) -> list[str]:
    makefile = (PROJECT / "Makefile").read_text(encoding="utf-8")
    found = re.search(rf"^{target}:.*\n((?:\t.*\n)+)", makefile, re.MULTILINE)
    assert found, f"the Makefile has no target {target} with a recipe"
    lines = [line.strip().removeprefix("@") for line in found[1].splitlines()]
    return [line.replace("$(BIN)/", "").replace("$(PORT)", "8001") for line in lines]


@contextmanager
def running(verb: str, data: Path, path: str) -> Iterator[str]:
    """Start `regiokompas serve` or `dev` on a free port; yields its address once it answers on `path`."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    # A process group of its own, so that everything it starts ends with it.
    server = subprocess.Popen(
        [sys.executable, "-c", "from pipelines.cli import main; main()", verb, "--port", str(port)],
        cwd=PROJECT,
        env={**os.environ, "REGIOKOMPAS_DATA": str(data)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        address, until = f"http://127.0.0.1:{port}", time.monotonic() + 120
        while True:
            assert server.poll() is None and time.monotonic() < until, f"regiokompas {verb} does not answer"
            try:
                requests.get(address + path, timeout=30).raise_for_status()
                break
            except requests.RequestException:
                time.sleep(0.3)
        yield address
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        # Dagster itself waits a minute for its UI and another for its daemon before it kills them.
        server.wait(timeout=150)
