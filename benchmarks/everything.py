"""Every comparison of this folder in one table, as `make bench` prints it and docs/performance.md holds it.

    python benchmarks/everything.py [ROUNDS] [--small]

Runs one script after another, ROUNDS (5) times each, and writes the table into docs/performance.md. With --small each
runs as small as it can, and nothing is written. Not here: how the portal holds up under load, and switches of releases,
which docs/reliability.md is about (`load.py`, `switches.py`).
"""

import os
import platform
import re
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path

from benchmarks import against_the_obvious, downloads, growth, ingest, kept_pages, live_run, pages, runs, transform
from benchmarks.ratios import HEAD, Ratio
from pipelines.settings import PROJECT

DOCUMENT = PROJECT / "docs" / "performance.md"
_BETWEEN = re.compile(r"(<!-- measured by benchmarks/everything.py -->\n).*(<!-- to here -->\n)", re.DOTALL)


def measure(rounds: int = 5, *, small: bool = False) -> list[Ratio]:
    """The lines of all scripts; each is printed as soon as it is there."""
    lines: list[Ratio] = []
    rows = 2_000 if small else 1_000_000
    # What a script pays once weighs less the larger its table: that of the goals has three million.
    observations = 2_000 if small else 3_000_000
    print(HEAD)
    scripts: list[Callable[[], list[Ratio]]] = [
        lambda: ingest.measure(observations, rounds),
        lambda: [] if small else ingest.measure(observations, rounds, 0.5),
        lambda: growth.measure(observations),
        lambda: against_the_obvious.measure(rows, rounds),
        lambda: live_run.measure(0.01, 0, "cbs/83583NED") if small else live_run.measure(),
        lambda: runs.measure(rounds),
        lambda: transform.measure(rounds, "+dim_region" if small else "*"),
        lambda: pages.measure(rounds),
        lambda: kept_pages.measure(rounds),
        lambda: downloads.measure(rounds, "&region_code=GM0193" if small else ""),
    ]
    for script in scripts:
        for line in script():
            print(line, flush=True)
            lines.append(line)
    return lines


def machine() -> str:
    """What the figures were measured on."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    return f"{os.cpu_count()} processors, {memory:.0f} GB, {platform.system()}, Python {platform.python_version()}"


def write(lines: list[Ratio], rounds: int, document: Path = DOCUMENT) -> None:
    """Put the table, its date and the machine where the document has the last ones."""
    text = document.read_text(encoding="utf-8")
    table = "\n".join(
        [
            "",
            f"{date.today():%Y-%m-%d}, {machine()}; {rounds} round{'s' if rounds > 1 else ''} of each.",
            "",
            HEAD,
            *map(str, lines),
            "",
            "",
        ]
    )
    document.write_text(_BETWEEN.sub(lambda found: found[1] + table + found[2], text), encoding="utf-8")


def main() -> None:
    """Measure, and write unless it was small."""
    if "--small" in sys.argv:
        measure(1, small=True)
    else:
        rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 5
        write(measure(rounds), rounds)


if __name__ == "__main__":
    main()
