"""Runs the job on the sample: all of it, again without news, and again with one figure changed; and what it leaves.

    python benchmarks/runs.py [ROUNDS]

Each run is a program of its own, in processor time, beside the first run of its round. The sample is copied, and the
figure is changed in the copy. Also: the most memory that a process of the first run took, how long it takes until
`status` has told what it knows, until the definitions of Dagster are there, and until the portal answers, all its
processes counted; and how much room a run leaves.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import polars as pl

from benchmarks.ratios import Ratio, processor_seconds, quotient, show
from pipelines.commands.server_process import serving
from pipelines.landing.store import Landing
from pipelines.publish.release import CURRENT
from pipelines.settings import PROJECT, SAMPLE_LANDING

CARD = "cbs/86276NED"
REGIOKOMPAS = (sys.executable, "-P", "-c", "from pipelines.cli import main; main()")


def started(data: Path, *command: str) -> tuple[float, float]:
    """Run a program on a data folder; the seconds of processor time it took, and the most memory of a process in MB."""
    with (data / "told").open("w") as told:
        process = subprocess.Popen(
            command,
            cwd=PROJECT,
            env={**os.environ, "PYTHONPATH": str(PROJECT), "REGIOKOMPAS_DATA": str(data)},
            stdout=told,
            stderr=told,
        )
        _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit((data / "told").read_text())
    return used.ru_utime + used.ru_stime, used.ru_maxrss / 1024


def change_a_figure(landing: Path) -> None:
    """Land the card once more, with a figure that is another."""
    kept = Landing(landing)
    had = kept.current(CARD, invented=True)
    if had is None:
        raise SystemExit(f"the sample has nothing for {CARD}")
    page = had.below("Observations")[0]
    body = json.loads(kept.get(page.sha256))
    row = next(row for row in body["value"] if row["Value"])
    row["Value"] += 1
    content = json.dumps(body).encode()
    changed = page.model_copy(update={"sha256": kept.put(content), "size": len(content)})
    others = tuple(changed if one.name == page.name else one for one in had.resources)
    kept.commit(had.model_copy(update={"resources": others}))


def size_of(folder: Path) -> int:
    """The bytes of all files below a folder."""
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file() and not file.is_symlink())


def look(data: Path) -> None:
    """Have the current release served until it answers."""
    with serving(data / "releases" / CURRENT):
        pass


def round_of_runs(folder: Path) -> Iterator[tuple[float, float]]:
    """Three runs of one data folder: the first, one without news, one with a figure changed."""
    landing, data = folder / "source", folder / "data"
    shutil.copytree(SAMPLE_LANDING, landing)
    data.mkdir()
    run = (*REGIOKOMPAS, "run", "--from", str(landing))
    yield started(data, *run)
    yield started(data, *run)
    change_a_figure(landing)
    yield started(data, *run)


def measure(rounds: int = 5) -> list[Ratio]:
    """The lines of the table."""
    found: list[list[tuple[float, float]]] = []
    for _ in range(rounds):
        with tempfile.TemporaryDirectory() as temporary:
            folder = Path(temporary)
            found.append(list(round_of_runs(folder)))
            data = folder / "data"
            status, _ = started(data, *REGIOKOMPAS, "status")
            defined, _ = started(data, sys.executable, "-P", "-c", "from pipelines.definitions import defs; defs()")
            ready = processor_seconds(partial(look, data))
            rows = pl.scan_parquet(data / "releases" / CURRENT / "tables" / "observations.parquet")
            figures = int(rows.select(pl.len()).collect().item())
            kept = (data / "landing", data / "raw", (data / "releases" / CURRENT).resolve())
            room = [size_of(each) / figures for each in kept]
    lines = []
    for at, work, goal in ((1, "a run without news", 0.10), (2, "a run with one figure changed", 0.50)):
        again, first, _ = quotient([(each[at][0], each[0][0]) for each in found])
        lines.append(
            Ratio(work, "the first run", f"{again:.1f} s", f"{first:.1f} s", again / first, goal, is_share=True)
        )
    most = max(each[0][1] for each in found)
    lines.append(Ratio("most memory of a run", "700 MB", f"{most:.0f} MB", "", most / 700, 1.0, is_share=True))
    starts = (("`regiokompas status`", status, 1), ("definitions of Dagster", defined, 3), ("portal ready", ready, 2))
    for work, seconds, goal in starts:
        lines.append(Ratio(work, f"{goal} s", f"{seconds:.2f} s", "", seconds / goal, 1.0, is_share=True))
    told = " + ".join(f"{part:.0f}" for part in room)
    lines.append(
        Ratio(
            "room, bytes a figure: landing + raw + release",
            "the landing alone",
            told,
            f"{room[0]:.0f}",
            sum(room) / room[0],
            is_share=True,
        )
    )
    return lines


if __name__ == "__main__":
    show(measure(*map(int, sys.argv[1:])))
