"""Which releases readers had, since when, and which of them are kept: what was said on a day can be looked up.

Belongs here: the timeline beside the releases and the facts of each kept release. Not here: serving an earlier release
(`portal/kept_releases.py`) and what changed between two (`portal/revisions.py`).
"""

import json
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from urllib.parse import quote

from portal.csv_text import Row
from portal.pages import DATABASE
from portal.release_form import MOMENT, TIMELINE, UnknownFormatError, refuse_unknown
from portal.tables import RELEASE_FILE

METADATA = "metadata.json"


@dataclass(frozen=True)
class ReleaseMoment:
    """A release and when it became current, in UTC: `2026-11-02T06:12:00Z`; a release can come back later."""

    current_from: str
    release_id: str


class NoReleaseError(Exception):
    """No kept release says what was said on a day; the text says why, in English."""


def moments_of(release_folder: Path) -> list[ReleaseMoment]:
    """Returns the releases of the same kind, invented or published, that readers had: oldest first."""
    path = _releases(release_folder) / TIMELINE
    if not path.is_file():
        return []
    own = str(bool(_manifest(release_folder).get("is_invented"))).lower()
    told = map(MOMENT.fullmatch, path.read_bytes().decode("utf-8", "replace").splitlines())
    return [ReleaseMoment(line["at"], line["release"]) for line in told if line and line["is_invented"] == own]


def release_on(release_folder: Path, day: date) -> str:
    """Returns the id of the release that readers had at the end of a day, in UTC.

    Raises:
        NoReleaseError: no release was current then, or that one is not kept.
    """
    moments = moments_of(release_folder)
    before = [moment for moment in moments if moment.current_from[:10] <= day.isoformat()]
    if not before:
        first = f"the first is of {moments[0].current_from[:10]}" if moments else "no earlier day was recorded"
        raise NoReleaseError(f"No release was current on {day}; {first}.")
    release_id = before[-1].release_id
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

    `current_from` is None for one that was current before that was recorded; the served one is always among them.
    """
    releases = _releases(release_folder)
    since = {moment.release_id: moment.current_from for moment in reversed(moments_of(release_folder))}
    ids = {*since, release_folder.resolve().name}
    folders = [folder for each in ids if (folder := kept_folder(releases, each))]
    rows = [{**_facts(folder), "current_from": since.get(folder.name)} for folder in folders]
    return sorted(rows, key=lambda row: (row["current_from"] or "", row["release_id"]), reverse=True)


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
