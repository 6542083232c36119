"""Since when readers had each release: a line in `current.csv` beside the releases, each time that one becomes current.

Belongs here: that file. Not here: what its lines say (`portal/release_form.py`), and what changed from one release to
the next (`revisions.py`).
"""

import json
from datetime import UTC, datetime
from pathlib import Path

from pipelines.landing.store import write_atomically
from portal.release_form import TIMELINE, TimelineMoment, read_timeline

_COLUMNS = ("current_from", "release_id", "is_invented")


def moments(releases: Path) -> list[TimelineMoment]:
    """Every time that a release became current, in the order in which they did, whatever the clock said."""
    return read_timeline(_told(releases), datetime.now(UTC))


def record_current(releases: Path, release_id: str, *, is_invented: bool) -> None:
    """Add a release to the timeline, unless it is the one that readers have already.

    That one is added again where the clock was wrong the first time, as soon as it no longer contradicts the others.
    """
    before, now = moments(releases), f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
    is_known = not before or bool(before[-1].current_from) or now < max(m.current_from or "" for m in before)
    if before and before[-1].release_id == release_id and is_known:
        return
    lines = [f"{m.told},{m.release_id},{json.dumps(m.is_invented)}" for m in before]
    added = f"{now},{release_id},{json.dumps(is_invented)}"
    write_atomically(releases / TIMELINE, "\n".join([",".join(_COLUMNS), *lines, added, ""]).encode())


def _told(releases: Path) -> str:
    try:
        return (releases / TIMELINE).read_bytes().decode("utf-8", "replace")
    except FileNotFoundError:
        return ""
