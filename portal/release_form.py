"""The form of a release, which who publishes it and who shows it have to agree on.

Belongs here: the formats that this portal can read (one number stands for the tables and columns of a release), and
the suffixes of its compressed files, and what the timeline beside it says. Not here: what is in a release.
"""

import re
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import click

TIMELINE = "current.csv"
_LINE = re.compile(r"(?P<at>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ),(?P<release>[0-9a-z-]+),(?P<is_invented>true|false)")
KNOWN_FORMATS = frozenset({4})
FORMAT = "release_format"
PACKED = ".gz"
"""The suffix of a file that the release keeps compressed."""
ZSTD = ".zst"
"""The suffix of its smaller form, for clients that read it."""


class UnknownFormatError(click.ClickException):
    """A release that this portal cannot read, in one line that says what to do; Datasette prints only that line."""


@dataclass(frozen=True)
class TimelineMoment:
    """A release that became current; it can come back later.

    `told` is when that was by the clock of the machine, in UTC: `2026-11-02T06:12:00Z`. `current_from` is the same, or
    None where that clock must have been wrong.
    """

    told: str
    release_id: str
    is_invented: bool
    current_from: str | None


def read_timeline(text: str, now: datetime) -> list[TimelineMoment]:
    """Returns every time that a release became current, in the order in which they did.

    That order is the order of the lines, whatever the clock said. Where moments contradict it, as few as possible are
    taken for wrong, and of equally many those that are longest ago; one that is later than `now`, in UTC, is wrong too.
    What is no line, because the file was damaged, is left out.
    """
    lines = [line for line in map(_LINE.fullmatch, text.splitlines()) if line]
    past = [place for place, line in enumerate(lines) if line["at"] <= f"{now:%Y-%m-%dT%H:%M:%SZ}"]
    believed = {past[place] for place in _in_order([lines[place]["at"] for place in past])}
    return [
        TimelineMoment(
            line["at"], line["release"], line["is_invented"] == "true", line["at"] if place in believed else None
        )
        for place, line in enumerate(lines)
    ]


def _in_order(moments: Sequence[str]) -> list[int]:
    """The places of the most moments of which none is before the one above it."""
    # From the last line up, each time: the latest moment that so many agree with (the longest rising row, by patience).
    ends: list[tuple[int, int]] = []
    before: dict[int, int | None] = {}
    for place in reversed(range(len(moments))):
        up = -int(re.sub(r"\D", "", moments[place]))
        length = bisect_right(ends, up, key=lambda end: end[0])
        before[place] = ends[length - 1][1] if length else None
        ends[length : length + 1] = [(up, place)]
    found, next_one = [], ends[-1][1] if ends else None
    while next_one is not None:
        found.append(next_one)
        next_one = before[next_one]
    return found


def refuse_unknown(release: Mapping[str, Any]) -> None:
    """Raises an error for a release in a format that this portal does not know.

    Args:
        release: its `release.json`, or the row of its table `release`.

    Raises:
        UnknownFormatError: it has another format, or states none.
    """
    found = release.get(FORMAT)
    if found not in KNOWN_FORMATS:
        known = ", ".join(map(str, sorted(KNOWN_FORMATS)))
        told = "does not say which form it has" if found is None else f"has the form {found}"
        raise UnknownFormatError(
            f"release {release['release_id']} {told} ({FORMAT}), and this portal reads the form {known}"
            " -> serve it with the code that made it, or make a new release with `make run`"
        )
