"""Since when readers had each release: a line in `current.csv` beside the releases, each time that one becomes current.

Belongs here: that file. Not here: what changed from one release to the next (`revisions.py`).
"""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from pipelines.landing.store import write_atomically
from portal.release_form import MOMENT, TIMELINE

_COLUMNS = ("current_from", "release_id", "is_invented")


@dataclass(frozen=True)
class Switch:
    """A release and when it became current, in UTC: `2026-11-02T06:12:00Z`; a release can come back later."""

    current_from: str
    release_id: str
    is_invented: bool


def moments(releases: Path) -> list[Switch]:
    """Every time that a release became current, oldest first."""
    told = (MOMENT.fullmatch(line) for line in _told(releases).splitlines())
    return [Switch(line["at"], line["release"], line["is_invented"] == "true") for line in told if line]


def record_current(releases: Path, release_id: str, *, is_invented: bool) -> None:
    """Add a release to the timeline, unless it is the one that readers have already."""
    before = moments(releases)
    if before and before[-1].release_id == release_id:
        return
    moment = Switch(f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}", release_id, is_invented)
    lines = [f"{m.current_from},{m.release_id},{json.dumps(m.is_invented)}" for m in (*before, moment)]
    write_atomically(releases / TIMELINE, "\n".join([",".join(_COLUMNS), *lines, ""]).encode())


def _told(releases: Path) -> str:
    try:
        return (releases / TIMELINE).read_bytes().decode("utf-8", "replace")
    except FileNotFoundError:
        return ""
