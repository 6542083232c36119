"""A run that would make the release that is current already: nothing is built, and what its checks said is said again.

Belongs here: remembering what the checks of a build said, and when that may be said again. Not here: what a release is
and whether it is whole, which is `pipelines/publish/release.py`.
"""

import json
from pathlib import Path

from pipelines.concerns import Concern
from pipelines.landing.store import write_atomically
from pipelines.publish.release import current, is_whole
from pipelines.settings import Settings


def note_checked(settings: Settings, release_id: str, concerns: list[Concern]) -> None:
    """Remember what the checks of a build said, with the id of the release that is made from it."""
    told = {"release_id": release_id, "concerns": [concern.as_json() for concern in concerns]}
    write_atomically(_note(settings), json.dumps(told, indent=1, ensure_ascii=False).encode())


def said_before(settings: Settings, release_id: str) -> list[Concern] | None:
    """What the checks said of a release, if it is the current one and whole; None if it has to be built."""
    release = current(settings.releases)
    if release is None or release.release_id != release_id or not is_whole(release.folder):
        return None
    try:
        told = json.loads(_note(settings).read_text(encoding="utf-8"))
        return [Concern(**concern) for concern in told["concerns"]] if told["release_id"] == release_id else None
    except (OSError, ValueError, LookupError, TypeError):
        # Absent or damaged: building again says what it said.
        return None


def _note(settings: Settings) -> Path:
    return settings.build / "checked.json"
