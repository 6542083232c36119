"""Whether a release can be served, before anybody sees it: its bytes, its rows, and that its files are of one release.

Belongs here: what can be seen from outside. That every kind of page is answered is seen by the process that is going to
serve it, see `portal/serving/server.py`.
"""

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from pipelines.errors import RegiokompasError
from pipelines.publish.release import MANIFEST, damage
from portal.release_form import UnknownFormatError, refuse_unknown

DATABASE_FILE = "regiokompas.db"
METADATA_FILE = "metadata.json"
ADVICE = "go back with `regiokompas release rollback`, or make it again with `regiokompas run`"


class ServeError(RegiokompasError):
    """A release cannot be served; one line that says what to do."""


def resolve_release(release: Path) -> Path:
    """Returns the directory of a release itself, never a link such as `current` that may later point elsewhere.

    Raises:
        ServeError: there is no release at that path, or it is incomplete, or of a format that the portal cannot read.
    """
    directory = release.resolve()
    if not directory.is_dir():
        raise ServeError(f"There is no release at {release}. Make one with `regiokompas run`.")
    for name in (DATABASE_FILE, METADATA_FILE, MANIFEST):
        if not (directory / name).is_file():
            raise ServeError(f"The release at {release} has no {name}. Make a complete one with `regiokompas run`.")
    try:
        refuse_unknown(json.loads((directory / MANIFEST).read_text(encoding="utf-8")))
    except UnknownFormatError as error:
        raise ServeError(str(error)) from error
    except (ValueError, LookupError, AttributeError) as error:
        raise _damaged(directory, f"{MANIFEST} is cut off or is no list of files") from error
    return directory


def check_release(release: Path) -> Path:
    """Returns the directory of a release whose every byte and row is as it was sealed.

    Raises:
        ServeError: it is not, or `resolve_release` refuses it.
    """
    directory = resolve_release(release)
    if problem := damage(directory) or _disagreement(directory):
        raise _damaged(directory, problem)
    return directory


def _damaged(directory: Path, problem: str) -> ServeError:
    return ServeError(f"release {directory.name} is damaged: {problem} -> {ADVICE}")


def _disagreement(directory: Path) -> str | None:
    """Where the database and the manifest tell of different releases, or of other numbers of rows; None if nowhere."""
    sealed: dict[str, Any] = json.loads((directory / MANIFEST).read_text(encoding="utf-8"))
    address = f"{(directory / DATABASE_FILE).as_uri()}?immutable=1"
    try:
        with closing(sqlite3.connect(address, uri=True)) as db:
            (release_id,) = db.execute("select release_id from release").fetchone()
            if release_id != sealed["release_id"]:
                return f"{DATABASE_FILE} is of release {release_id}, {MANIFEST} of {sealed['release_id']}"
            for table, expected in sealed["rows"].items():
                (rows,) = db.execute(f'select count(*) from "{table}"').fetchone()
                if rows != expected:
                    return f"table {table} has {rows} rows, expected {expected}"
    except (sqlite3.Error, LookupError, TypeError) as error:
        return f"{DATABASE_FILE} cannot be read ({error})"
    return None
