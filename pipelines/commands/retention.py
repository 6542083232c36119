"""The releases that are kept: going back to one, and removing those that nobody needs any more.

Belongs here: which releases there are on disk, and what may go. Not here: making one (`release.py`).
"""

import shutil
from collections.abc import Collection
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from pipelines.errors import RegiokompasError
from pipelines.publish.history import forget_history, record_history
from pipelines.publish.refused import RefusedRelease, refused_releases, remove_refused
from pipelines.publish.release import CURRENT, MANIFEST, Release, current, damage, publish
from pipelines.publish.revisions import find_release, is_invented, last_of_kind
from pipelines.publish.timeline import moments


@dataclass(frozen=True)
class KeptRelease:
    """A release on disk: its kind, when readers last got it (None if that was not recorded), and its size in bytes.

    `refused` is what the gate said of it; readers never had such a release.
    """

    release: Release
    is_invented: bool
    current_from: str | None
    size: int
    refused: RefusedRelease | None = None


def kept_releases(releases: Path) -> list[KeptRelease]:
    """Every release on disk, the one that was current last first; then those that never were, and those refused."""
    last = {moment.release_id: (place, moment.current_from) for place, moment in enumerate(moments(releases))}
    folders = [path.parent for path in releases.glob(f"*/{MANIFEST}") if not path.parent.is_symlink()]
    found = [
        KeptRelease(
            release, bool(is_invented(release)), last.get(release.release_id, (-1, None))[1], _size(release.folder)
        )
        for release in (Release(folder.name, folder) for folder in folders)
    ]
    found.sort(key=lambda kept: last.get(kept.release.release_id, (-1, None))[0], reverse=True)
    return found + [
        KeptRelease(held.release, bool(is_invented(held.release)), None, _size(held.release.folder), held)
        for held in refused_releases(releases)
    ]


def find_kept(releases: Path, release_id: str | None = None) -> KeptRelease:
    """A release on disk by its id, refused ones among them; without one, the newest refused or else the current one.

    Raises:
        RegiokompasError: there is none, or none of that id.
    """
    kept = kept_releases(releases)
    if release_id is None:
        now = current(releases)
        chosen = [each for each in kept if each.refused] or [each for each in kept if each.release == now]
    else:
        chosen = [each for each in kept if each.release.release_id == release_id]
    if not chosen:
        known = ", ".join(each.release.release_id for each in kept) or "none yet"
        raise RegiokompasError(f"there is no release {release_id or CURRENT} -> use one of: {known}")
    return chosen[0]


def roll_back(releases: Path, release_id: str | None = None) -> Release:
    """Make an earlier release current again: a given one, or the one of the same kind that readers had before.

    Raises:
        RegiokompasError: there is no such release, or a file of it is not as it was.
    """
    release = find_release(releases, release_id) if release_id else _before_current(releases)
    if problem := damage(release.folder):
        raise RegiokompasError(
            f"release {release.release_id} is damaged: {problem} -> choose another, or run again with what went into it"
        )
    return publish(release.folder, releases, release.release_id, partial(record_history, releases))


def _before_current(releases: Path) -> Release:
    now = find_release(releases, None)
    kept = {each.release.release_id: each.release for each in kept_releases(releases) if not each.refused}
    for moment in reversed(moments(releases)):
        is_other = moment.release_id != now.release_id and moment.is_invented == is_invented(now)
        if is_other and moment.release_id in kept:
            return kept[moment.release_id]
    raise RegiokompasError(f"no earlier release than {now.release_id} is kept -> name one that is there")


def superfluous(releases: Path, keep: int, named: Collection[str] = ()) -> list[KeptRelease]:
    """The releases that may go: of each kind all but the last `keep`, those that are named, and what links lead to.

    Invented, published and refused ones are each counted apart.

    Raises:
        RegiokompasError: fewer than one is to be kept, or a name is of no release.
    """
    if keep < 1:
        raise RegiokompasError(f"--keep is {keep}: at least 1 release of each kind stays -> give 1 or more")
    kept = kept_releases(releases)
    held = {each.release.release_id for each in kept if each.refused}
    spared = {name if name in held else find_release(releases, name).release_id for name in named}
    linked = [current(releases), *(last_of_kind(releases, invented=kind) for kind in (True, False))]
    spared |= {release.release_id for release in linked if release}
    by_kind: dict[tuple[bool, bool], list[KeptRelease]] = {}
    for each in kept:
        by_kind.setdefault((each.is_invented, bool(each.refused)), []).append(each)
    return [
        each
        for _, of_kind in sorted(by_kind.items(), reverse=True)
        for each in of_kind[keep:]
        if each.release.release_id not in spared
    ]


def remove(kept: KeptRelease) -> None:
    """Remove a release from disk; no reader sees half of it. What it changed stays recorded."""
    if kept.refused:
        remove_refused(kept.refused)
        return
    folder = kept.release.folder
    leaving = folder.with_name(f".{folder.name}-leaving")
    folder.rename(leaving)
    shutil.rmtree(leaving)
    forget_history(kept.release)


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
