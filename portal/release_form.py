"""The form of a release, which who publishes it and who shows it have to agree on.

Belongs here: the formats that this portal can read (one number stands for the tables and columns of a release), and
the suffixes of its compressed files, and what a line of the timeline beside it says. Not here: what is in a release.
"""

import re
from collections.abc import Mapping
from typing import Any

import click

TIMELINE = "current.csv"
MOMENT = re.compile(r"(?P<at>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ),(?P<release>[0-9a-z-]+),(?P<is_invented>true|false)")
"""A line of the timeline; what is none, because the file was damaged, is not read and not written again."""
KNOWN_FORMATS = frozenset({4})
FORMAT = "release_format"
PACKED = ".gz"
"""The suffix of a file that the release keeps compressed."""
ZSTD = ".zst"
"""The suffix of its smaller form, for clients that read it."""


class UnknownFormatError(click.ClickException):
    """A release that this portal cannot read, in one line that says what to do; Datasette prints only that line."""


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
