"""Which releases readers had, since when, and which of them are kept: what was said on a day can be looked up.

Belongs here: the timeline beside the releases and the facts of each kept release. Not here: serving an earlier release
(`portal/kept_releases.py`) and what changed between two (`portal/revisions.py`).
"""

import json
import sqlite3
from contextlib import closing
from datetime import UTC, date, datetime
from functools import lru_cache
from pathlib import Path
from urllib.parse import quote

from portal.csv_text import Row
from portal.pages import DATABASE
from portal.release_form import TIMELINE, TimelineMoment, UnknownFormatError, read_timeline, refuse_unknown
from portal.tables import RELEASE_FILE

METADATA = "metadata.json"


class NoReleaseError(Exception):
    """No kept release says what was said on a day; the text says why, in English."""


def moments_of(release_folder: Path) -> list[TimelineMoment]:
    """Returns the releases of the same kind, invented or published, in the order in which readers had them."""
    path = _releases(release_folder) / TIMELINE
    if not path.is_file():
        return []
    own = bool(_manifest(release_folder).get("is_invented"))
    told = read_timeline(path.read_bytes().decode("utf-8", "replace"), datetime.now(UTC))
    return [moment for moment in told if moment.is_invented == own]


def first_moment(release_folder: Path) -> str | None:
    """Returns since when readers had the first release of the same kind of which that is known, in UTC."""
    return next((moment.current_from for moment in moments_of(release_folder) if moment.current_from), None)


def release_on(release_folder: Path, day: date) -> str:
    """Returns the id of the release that readers had at the end of a day, in UTC.

    Raises:
        NoReleaseError: no release was current then, it cannot be told which, or that one is not kept.
    """
    moments = moments_of(release_folder)
    until = [place for place, m in enumerate(moments) if m.current_from and m.current_from[:10] <= day.isoformat()]
    after = until[-1] + 1 if until else 0
    # When it became current is not known, so that may have been on this day, or before it.
    if after < len(moments) and not moments[after].current_from:
        raise NoReleaseError(
            f"Which release was current on {day} is not known: the clock was wrong when"
            f" {moments[after].release_id} became it."
        )
    if not until:
        first = f"the first is of {moments[0].told[:10]}" if moments else "no earlier day was recorded"
        raise NoReleaseError(f"No release was current on {day}; {first}.")
    release_id = moments[until[-1]].release_id
    if kept_folder(_releases(release_folder), release_id) is None:
        raise NoReleaseError(f"Release {release_id}, which was current on {day}, is no longer kept.")
    return release_id


def kept_folder(releases: Path, release_id: str) -> Path | None:
    """Returns the folder of a release that can be served; None if it is not kept or has a form that is not known."""
    folder = releases / release_id
    if not all((folder / name).is_file() for name in (RELEASE_FILE, METADATA, f"{DATABASE}.db")):
        return None
    try:
        manifest = _manifest(folder)
    except ValueError:
        return None
    if manifest.get("release_id") != release_id:
        return None
    try:
        refuse_unknown(manifest)
    except UnknownFormatError:
        return None
    return folder


def kept_releases(release_folder: Path) -> list[Row]:
    """Returns what each kept release of the same kind says of itself, and when readers first had it: newest first.

    `current_from` is None for one that was current before that was recorded, or by a clock that was wrong; the served
    one is always among them.
    """
    releases = _releases(release_folder)
    moments = moments_of(release_folder)
    since = {moment.release_id: moment.current_from for moment in reversed(moments) if moment.current_from}
    # The order in which readers first had them; one that is older than the timeline comes last.
    place = {moment.release_id: number for number, moment in reversed([*enumerate(moments)])}
    ids = {*place, release_folder.resolve().name}
    folders = [folder for each in ids if (folder := kept_folder(releases, each))]
    rows = [{**_facts(folder), "current_from": since.get(folder.name)} for folder in folders]
    return sorted(rows, key=lambda row: (place.get(row["release_id"], -1), row["release_id"]), reverse=True)


@lru_cache(maxsize=256)
def _facts(folder: Path) -> Row:
    # Immutable, as its id promises: without that word SQLite would look for a journal beside it.
    address = f"file:{quote(str(folder / DATABASE))}.db?mode=ro&immutable=1"
    with closing(sqlite3.connect(address, uri=True)) as db:
        db.row_factory = sqlite3.Row
        return dict(db.execute("select * from release").fetchone())


@lru_cache(maxsize=256)
def _manifest(folder: Path) -> Row:
    manifest: Row = json.loads((folder / RELEASE_FILE).read_text(encoding="utf-8"))
    return manifest


def _releases(release_folder: Path) -> Path:
    return release_folder.resolve().parent
