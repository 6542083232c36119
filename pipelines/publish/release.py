"""A release: immutable, published completely or not at all, and named after what went into it."""

import gzip
import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import file_digest, sha256
from pathlib import Path
from typing import IO, Any

from pipelines.errors import RegiokompasError
from pipelines.landing.store import replace_folder
from pipelines.publish.timeline import record_current
from portal.release_form import PACKED

CURRENT = "current"
MANIFEST = "release.json"
# Size and sha256 of each file of a release, by its path in it; for a compressed file also those of its `content`.
FileFacts = dict[str, dict[str, Any]]


@dataclass(frozen=True)
class Release:
    """A published release and its folder."""

    release_id: str
    folder: Path


def seal(built: Path, release_id: str, facts: dict[str, Any], files: FileFacts) -> None:
    """Write `release.json`: the release id, its facts, and size and sha256 of every file.

    Args:
        built: the folder of the release.
        release_id: what it will be called.
        facts: what is known about it.
        files: the files that have already been described and are not hashed again.
    """
    content = {"release_id": release_id, **facts, "files": describe_files(built, files)}
    (built / MANIFEST).write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def describe_files(built: Path, known: FileFacts | None = None) -> FileFacts:
    """Size and sha256 of every file of a release except `release.json`, by its path; known files as given."""
    paths = {p.relative_to(built).as_posix(): p for p in sorted(built.rglob("*")) if p.is_file() and p.name != MANIFEST}
    return {name: (known or {}).get(name) or _describe(path) for name, path in paths.items()}


def offered(files: FileFacts, name: str) -> dict[str, Any]:
    """Size and sha256 of a file as readers get it, which is uncompressed."""
    facts: dict[str, Any] = files[name] if name in files else files[f"{name}{PACKED}"]["content"]
    return facts


def publish(
    built: Path, releases: Path, release_id: str, before_switch: Callable[[Release], object] = lambda release: None
) -> Release:
    """Move a sealed folder to the releases and make it the current one, each in one atomic step.

    A release that already exists must have the same bytes: its id stands for its inputs, so another outcome would mean
    that the build is not reproducible. One that was damaged since is replaced. `before_switch` has finished by the time
    readers see the release.

    Raises:
        RegiokompasError: the release exists with different bytes.
    """
    target = releases / release_id
    # A release that becomes current again is its own folder.
    if target.exists() and (built.samefile(target) or is_whole(target)):
        old, new = (_content(folder) for folder in (target, built))
        if old != new:
            raise RegiokompasError(
                f"release {release_id} exists with different bytes ({_differing(old, new)}): releases never change"
                f" -> keep {built} and {target} and find out why the build was not reproducible"
            )
        if not built.samefile(target):
            shutil.rmtree(built)
    else:
        replace_folder(built, target)
    before_switch(Release(release_id, target))
    record_current(releases, release_id, is_invented=bool(_content(target).get("is_invented")))
    link = releases / f".{CURRENT}-new"
    link.unlink(missing_ok=True)
    link.symlink_to(release_id)
    link.replace(releases / CURRENT)
    return Release(release_id, target)


def is_whole(folder: Path) -> bool:
    """Whether a release has exactly the files that its `release.json` lists, each with the bytes that it had then."""
    return damage(folder) is None


def damage(folder: Path) -> str | None:
    """What is first not as the `release.json` of a release lists it, in words; None if the release is whole."""
    try:
        files: FileFacts = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))["files"]
    except FileNotFoundError:
        return f"{MANIFEST} is missing"
    except (OSError, ValueError, LookupError, TypeError):
        return f"{MANIFEST} is cut off or is no list of files"
    found = {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()} - {MANIFEST}
    if missing := sorted(files.keys() - found):
        return f"{missing[0]} is missing"
    if extra := sorted(found - files.keys()):
        return f"{extra[0]} is not in {MANIFEST}"
    told = (_difference(folder / name, name, facts) for name, facts in files.items())
    return next((problem for problem in told if problem), None)


def _difference(path: Path, name: str, facts: dict[str, Any]) -> str | None:
    if (size := path.stat().st_size) != facts["bytes"]:
        return f"{name} has {size} bytes, expected {facts['bytes']}"
    with path.open("rb") as file:
        is_same = file_digest(file, "sha256").hexdigest() == str(facts["sha256"])
    return None if is_same else f"{name} has other bytes than when it was made (sha256)"


def current(releases: Path) -> Release | None:
    """The release that `current` points to, if any."""
    link = releases / CURRENT
    if not link.is_symlink() or not link.exists():
        return None
    return Release(link.readlink().name, link.resolve())


def _content(folder: Path) -> dict[str, Any]:
    """What a release says about its content; an accepted loss concerns only the day on which it became current."""
    content: dict[str, Any] = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    return {key: value for key, value in content.items() if key != "accepted"}


def _differing(old: dict[str, Any], new: dict[str, Any]) -> str:
    before, after = old["files"], new["files"]
    return ", ".join(sorted(n for n in {*before, *after} if before.get(n) != after.get(n))) or MANIFEST


def _describe(path: Path) -> dict[str, Any]:
    with path.open("rb") as file:
        facts = _measure(file)
    if path.suffix == PACKED:
        with gzip.open(path) as unpacked:
            facts["content"] = _measure(unpacked)
    return facts


def _measure(file: IO[bytes] | gzip.GzipFile) -> dict[str, Any]:
    digest, size = sha256(), 0
    while chunk := file.read(1 << 20):
        digest.update(chunk)
        size += len(chunk)
    return {"bytes": size, "sha256": digest.hexdigest()}
