"""From a built release to readers, past the gate: what it refuses stays on disk beside its report.

Belongs here: `refused/<id>/`, the release as it would be published, and `refused/<id>.json`, why it was not, until
somebody accepts or removes it; it never has readers. Not here: the judgement (`gate.py`).
"""

import json
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from pipelines.errors import RegiokompasError
from pipelines.landing.store import replace_folder, write_atomically
from pipelines.publish.gate import Bounds, Verdict, judge
from pipelines.publish.history import record_history
from pipelines.publish.release import MANIFEST, FileFacts, Release, is_whole, publish, seal
from pipelines.publish.revisions import is_invented, last_of_kind

REFUSED = "refused"


@dataclass(frozen=True)
class RefusedRelease:
    """A release that was refused: beside which it was held, when (UTC), and what was found, a line each.

    `number` grows with each refusal: unlike the clock, it tells which was the last.
    """

    release: Release
    older: str
    refused_at: str
    lines: tuple[str, ...]
    number: int = 0


def submit(
    built: Path,
    releases: Path,
    release_id: str,
    facts: dict[str, Any],
    files: FileFacts,
    bounds: Bounds,
    reason: str,
) -> Release:
    """Seal a built release, and publish it if nothing stands against that or somebody says why that is right.

    Args:
        built: the folder of the release.
        releases: where releases are kept.
        release_id: what it will be called.
        facts: what is known about it, for `release.json`; `is_invented` is among them.
        files: the files that have already been described.
        bounds: how much it may lose and move of the one before it.
        reason: why that is right, if anything has to be accepted; empty when nobody says so.

    Returns:
        The published release, which is current.

    Raises:
        RegiokompasError: it is refused, with a line for each finding, or a release of that id has other bytes.
    """
    older = last_of_kind(releases, invented=facts["is_invented"])
    verdict = None
    if older is not None and older.release_id != release_id:
        verdict = judge(older, Release(release_id, built), bounds)
    if verdict is None or not verdict.findings:
        seal(built, release_id, facts, files)
    elif reason.strip():
        seal(built, release_id, {**facts, "accepted": verdict.accepted(reason)}, files)
    else:
        seal(built, release_id, facts, files)
        raise RegiokompasError(_refusal(_hold(built, releases, release_id, verdict)))
    return publish(built, releases, release_id, partial(record_history, releases))


def _refusal(held: RefusedRelease) -> str:
    return "\n".join(f"release {held.release.release_id}: {line} -> regiokompas release show" for line in held.lines)


def _hold(sealed: Path, releases: Path, release_id: str, verdict: Verdict) -> RefusedRelease:
    target = releases / REFUSED / release_id
    number = 1 + max((held.number for held in refused_releases(releases)), default=0)
    replace_folder(sealed, target)
    report = {
        "release_id": release_id,
        "number": number,
        "older": verdict.older,
        "refused_at": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
        "findings": [
            {"rule": found.rule, "line": found.line, "subjects": list(found.subjects)} for found in verdict.findings
        ],
    }
    write_atomically(_report(target), (json.dumps(report, indent=1, ensure_ascii=False) + "\n").encode())
    return _read(target)


def refused_releases(releases: Path) -> list[RefusedRelease]:
    """Every release that was refused and is still there, the newest first."""
    folders = [folder for folder in (releases / REFUSED).glob("*") if folder.is_dir()]
    return sorted(map(_read, folders), key=lambda r: (r.number, r.refused_at, r.release.release_id), reverse=True)


def find_refused(releases: Path, release_id: str | None = None) -> RefusedRelease:
    """A refused release by its id; without one, the newest.

    Raises:
        RegiokompasError: there is none, or none of that id.
    """
    known = {each.release.release_id: each for each in refused_releases(releases)}
    if not known:
        raise RegiokompasError(
            f"no release was refused in {releases} -> see which are kept: `regiokompas release list`"
        )
    if release_id is None:
        return next(iter(known.values()))
    if release_id not in known:
        raise RegiokompasError(f"no release {release_id} was refused -> use one of: {', '.join(known)}")
    return known[release_id]


def accept(releases: Path, release_id: str | None, bounds: Bounds, reason: str) -> Release:
    """Publish a release that was refused, with the reason why it is right after all.

    It is held once more against what readers have by now, and what is found then is what the reason is recorded for.

    Raises:
        RegiokompasError: there is no such release or no reason, or a file of it is not as it was.
    """
    held = find_refused(releases, release_id)
    if not reason.strip():
        raise RegiokompasError(
            f'release {held.release.release_id} is accepted without a reason -> give --because "why"'
        )
    if not is_whole(held.release.folder):
        raise RegiokompasError(
            f"release {held.release.release_id} is damaged: a file is not as its {MANIFEST} lists it -> run again"
        )
    older = last_of_kind(releases, invented=bool(is_invented(held.release)))
    manifest = held.release.folder / MANIFEST
    content: dict[str, Any] = json.loads(manifest.read_text(encoding="utf-8"))
    if older is not None and (verdict := judge(older, held.release, bounds)).findings:
        content["accepted"] = verdict.accepted(reason)
        write_atomically(manifest, (json.dumps(content, indent=1, ensure_ascii=False) + "\n").encode())
    done = publish(held.release.folder, releases, held.release.release_id, partial(record_history, releases))
    _report(held.release.folder).unlink(missing_ok=True)
    return done


def remove_refused(held: RefusedRelease) -> None:
    """Remove a refused release and its report."""
    _report(held.release.folder).unlink(missing_ok=True)
    shutil.rmtree(held.release.folder)


def _report(folder: Path) -> Path:
    return folder.parent / f"{folder.name}.json"


def _read(folder: Path) -> RefusedRelease:
    release = Release(folder.name, folder)
    try:
        report = json.loads(_report(folder).read_text(encoding="utf-8"))
        lines = tuple(found["line"] for found in report["findings"])
        # Reports of earlier versions have no number.
        number = int(report.get("number", 0))
        return RefusedRelease(release, str(report["older"]), str(report["refused_at"]), lines, number)
    except (OSError, ValueError, LookupError, TypeError):
        return RefusedRelease(release, "", "", ("why it was refused cannot be read any more: its report is damaged",))
