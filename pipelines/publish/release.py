"""A release: immutable, published whole or not at all, and named by what went into it."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from pipelines.errors import RegiokompasError
from pipelines.landing import replace_folder

CURRENT = "current"
MANIFEST = "release.json"


@dataclass(frozen=True)
class Release:
    """A published release and where it lies."""

    release_id: str
    folder: Path


def seal(built: Path, release_id: str, facts: dict[str, Any]) -> None:
    """Write `release.json`: the release id, what is known of it, and size and sha256 of every file."""
    content = {"release_id": release_id, **facts, "files": describe_files(built)}
    (built / MANIFEST).write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def describe_files(built: Path) -> dict[str, dict[str, Any]]:
    """Size and sha256 of every file of a release but `release.json`, by its path in the release."""
    return {
        path.relative_to(built).as_posix(): {"bytes": path.stat().st_size, "sha256": _sha256(path)}
        for path in sorted(built.rglob("*"))
        if path.is_file() and path.name != MANIFEST
    }


def publish(
    built: Path, releases: Path, release_id: str, before_switch: Callable[[Release], object] = lambda release: None
) -> Release:
    """Put a sealed folder among the releases and make it the current one, in one step each.

    A release that is there already must hold the same bytes: its id stands for its inputs, so another outcome would
    mean that the build is not reproducible. What `before_switch` does is done when readers get to see the release.

    Raises:
        RegiokompasError: the release exists with other bytes.
    """
    target = releases / release_id
    if target.exists():
        old, new = (_content(folder) for folder in (target, built))
        if old != new:
            raise RegiokompasError(
                f"release {release_id} exists with other bytes ({_differing(old, new)}): releases never change"
                f" -> keep {built} and {target} and find out why the build was not reproducible"
            )
    else:
        replace_folder(built, target)
    before_switch(Release(release_id, target))
    link = releases / f".{CURRENT}-new"
    link.unlink(missing_ok=True)
    link.symlink_to(release_id)
    link.replace(releases / CURRENT)
    return Release(release_id, target)


def current(releases: Path) -> Release | None:
    """The release that `current` points to, if any."""
    link = releases / CURRENT
    if not link.is_symlink() or not link.exists():
        return None
    return Release(link.readlink().name, link.resolve())


def _content(folder: Path) -> dict[str, Any]:
    """What a release says of its content; that a loss was accepted is about the day on which it became current."""
    content: dict[str, Any] = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    return {key: value for key, value in content.items() if key != "accepted"}


def _differing(old: dict[str, Any], new: dict[str, Any]) -> str:
    before, after = old["files"], new["files"]
    return ", ".join(sorted(n for n in {*before, *after} if before.get(n) != after.get(n))) or MANIFEST


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        digest = sha256()
        while chunk := file.read(1 << 20):
            digest.update(chunk)
    return digest.hexdigest()
