"""Since when readers had each release: a line in `current.csv` beside the releases, each time that one becomes current.

Belongs here: that file. Not here: what changed from one release to the next (`revisions.py`).
"""

import csv
import io
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

TIMELINE = "current.csv"
_COLUMNS = ("current_from", "release_id", "is_invented")


@dataclass(frozen=True)
class Moment:
    """A release and when it became current, in UTC: `2026-11-02T06:12:00Z`; a release can come back later."""

    current_from: str
    release_id: str
    is_invented: bool


def moments(releases: Path) -> list[Moment]:
    """Every time that a release became current, oldest first."""
    return [
        Moment(row["current_from"], row["release_id"], row["is_invented"] == "true")
        for row in csv.DictReader(io.StringIO(_told(releases)))
    ]


def record_current(releases: Path, release_id: str, *, is_invented: bool) -> None:
    """Add a release to the timeline, unless it is the one that readers have already."""
    before = moments(releases)
    if before and before[-1].release_id == release_id:
        return
    line = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ},{release_id},{json.dumps(is_invented)}\n"
    draft = releases / f".{TIMELINE}"
    draft.write_text(_told(releases) + line, encoding="utf-8")
    draft.replace(releases / TIMELINE)


def _told(releases: Path) -> str:
    path = releases / TIMELINE
    return path.read_text(encoding="utf-8") if path.exists() else f"{','.join(_COLUMNS)}\n"
