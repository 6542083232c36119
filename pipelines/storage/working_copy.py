"""A data folder as the working copy of a storage: what it lacks is fetched before a run, what is new is sent after it.

DuckDB, dbt and SQLite work on local files, so a run works in its data folder as it always does. The storage is where
things are kept: every file under a key for its content, and one list that names them, `current.json` (`state.py`). The
list is replaced last, and only if it is still the one that the run began with. So whoever reads it finds all of one
state, whenever a run is cut off, and of two runs that come to the end at once the second changes nothing.
"""

import json
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from pipelines.settings import Settings
from pipelines.storage.bucket import Bucket, StorageError
from pipelines.storage.lease import LOCK, Lease
from pipelines.storage.state import (
    CURRENT,
    NOTHING,
    RELEASES,
    ROOTS,
    STATE,
    File,
    StoredState,
    is_below,
    key_of,
    look,
    never_changes,
    parse,
    release_of,
)
from pipelines.telling import Tell, size

_AT_A_TIME = 8
# Of which storage a data folder is a copy, and what both had in common when they were last compared.
_COPY = "storage.json"
# Without these files the others beside them count as not there, so they come last.
_COMPLETES = ("release.json", "raw.json")
WhichFiles = Callable[[StoredState, str], bool]


@dataclass(frozen=True)
class Pulled:
    """What was taken: the list that was read and its version (None where there was none), and which files are here."""

    state: StoredState
    version: str | None
    here: set[str]


class WorkingCopy:
    """A data folder that is a copy of the storage while a run has the lock of both."""

    def __init__(self, bucket: Bucket, data: Path, lease: Lease, pulled: Pulled) -> None:
        self._bucket, self._data, self._lease, self._pulled = bucket, data, lease, pulled
        self.sent: dict[str, File] = {}

    def send(self) -> None:
        """Send what is new, and have the list name it; a run may do so more than once.

        Raises:
            StorageError: the storage cannot be written to, or another run has changed the list; it is as it was.
        """
        self._pulled, sent = push(self._bucket, self._data, self._pulled, self._lease.check)
        self.sent |= sent


@contextmanager
def working_copy(
    settings: Settings, tell: Tell, *, wait: bool = False, all_releases: bool = False
) -> Iterator[WorkingCopy]:
    """Hold the lock of the storage, bring the data folder up to date with it, and send what is new after the block.

    Nothing is sent when the block raises.

    Args:
        settings: the data folder and the URL.
        tell: told in a line what was fetched and sent.
        wait: wait for another run that is busy.
        all_releases: fetch every kept release, and remove from storage what nothing names any more.

    Raises:
        StorageError: another run is busy, the storage cannot be used, or another run has changed it meanwhile.
        DamagedError: an object is not as it was written.
    """
    bucket = Bucket(settings.storage)
    with Lease(bucket, tell, wait=wait) as lease:
        pulled = pull(bucket, settings.data, every if all_releases else of_a_run, tell)
        copy = WorkingCopy(bucket, settings.data, lease, pulled)
        yield copy
        copy.send()
        new = f"sent {_told(copy.sent)} to" if copy.sent else "nothing is new for"
        tell(f"Storage  {new} {bucket.url}")
        if all_releases:
            _sweep(bucket, pulled.state)


def every(state: StoredState, path: str) -> bool:
    """Every file."""
    return True


def of_a_run(state: StoredState, path: str) -> bool:
    """What a run needs: of the releases that were published only those that it compares with."""
    release = release_of(path)
    return release is None or release in state.linked


def pull(bucket: Bucket, data: Path, wanted: WhichFiles, tell: Tell, roots: tuple[str, ...] = ROOTS) -> Pulled:
    """Make a data folder like the storage, as far as it is wanted; what only the folder has stays.

    Args:
        bucket: the storage.
        data: the data folder.
        wanted: which files.
        tell: told in a line how much was fetched, if anything was.
        roots: the part of the data folder that is looked at.

    Raises:
        StorageError: the folder is not a copy of this storage and has files of its own; or the storage cannot be read.
        DamagedError: an object is not as it was written; those that came before it are in the folder.
    """
    found, here = bucket.read(STATE), look(data, roots)
    before = _common(data, bucket.url)
    if found is None:
        _note(data, bucket.url, {})
        return Pulled(NOTHING, None, {*here.files, *here.links})
    state = parse(found[0], bucket.address(STATE))
    if before is None and (here.files or here.links):
        raise StorageError(
            f"{data} has files of its own and is no copy of {bucket.url}, which has others"
            " -> set REGIOKOMPAS_DATA to an empty folder, or REGIOKOMPAS_STORAGE to an empty prefix"
        )
    before = before or {}
    # From now on it is a copy, also if this is cut off.
    _note(data, bucket.url, before)
    kept = {path: told for path, told in state.told.items() if is_below(path, roots)}
    ours = here.told

    def is_lacking(path: str) -> bool:
        mine = ours.get(path)
        # What a run changed here that came to no end: it is to be sent still.
        is_newer = mine is not None and before.get(path) == kept[path] and not never_changes(path)
        return mine != kept[path] and not is_newer and (path in state.links or wanted(state, path))

    lacking = {path: state.files[path] for path in kept if path in state.files and is_lacking(path)}
    _fetch(bucket, data, lacking)
    _link(data, {path: state.links[path] for path in kept if path in state.links and is_lacking(path)})
    gone = {path for path in before if is_below(path, roots) and path not in kept and path in ours}
    for path in gone:
        (data / path).unlink()
    _note(data, bucket.url, {path: told for path, told in before.items() if not is_below(path, roots)} | kept)
    if lacking:
        tell(f"Storage  fetched {_told(lacking)} from {bucket.url}")
    return Pulled(state, found[1], {*ours, *lacking, *state.links} - gone)


def push(bucket: Bucket, data: Path, pulled: Pulled, check: Callable[[], None]) -> tuple[Pulled, dict[str, File]]:
    """Send what a data folder has and the storage does not, and then have the list name it.

    Args:
        bucket: the storage.
        data: the data folder.
        pulled: what it had when the run began.
        check: raises if we may not change the list any more.

    Returns:
        What both have now, and which files were sent; nothing is written where nothing is new.

    Raises:
        StorageError: the storage cannot be written to, or another run has changed the list; it is as it was.
    """
    now = look(data)
    stays = {
        path: file
        for path, file in pulled.state.files.items()
        # What was never fetched, and what is as it was first written, whatever happened to it on this disk.
        if path not in pulled.here or (never_changes(path) and path in now.files)
    }
    state = StoredState(files={**now.files, **stays}, links=now.links)
    if state.digest == pulled.state.digest:
        return pulled, {}
    known = pulled.state.keys
    new = {path: file for path, file in state.files.items() if key_of(path, file) not in known}
    _side_by_side(bucket.send, ((key_of(path, file), data / path) for path, file in new.items()))
    check()
    body = state.as_bytes()
    version = bucket.replace(STATE, body, pulled.version) if pulled.version else bucket.create(STATE, body)
    if not version:
        was = f"expected version {pulled.version}" if pulled.version else "expected none"
        raise StorageError(
            f"{bucket.address(STATE)} was changed by another run since this one began ({was}): nothing of this run"
            " is published there -> run again"
        )
    _note(data, bucket.url, state.told)
    return Pulled(state, version, {*now.files, *now.links}), new


def take_release(settings: Settings, tell: Tell, *, all_releases: bool = False) -> Path:
    """Fetch the release that readers get from storage to the data folder, and return where it is: the link `current`.

    Args:
        settings: the data folder and the URL.
        tell: told in a line how much was fetched, if anything was.
        all_releases: fetch every other release that is kept as well.

    Raises:
        StorageError: the storage cannot be read, or has no release.
        DamagedError: an object is not as it was written.
    """
    bucket = Bucket(settings.storage)

    def of_serving(state: StoredState, path: str) -> bool:
        return all_releases or release_of(path) in (None, state.release_id)

    pulled = pull(bucket, settings.data, of_serving, tell, (RELEASES,))
    if pulled.state.release_id is None:
        raise StorageError(f"there is no release in {bucket.url} -> make one with `regiokompas run`")
    return settings.data / CURRENT


def _sweep(bucket: Bucket, before: StoredState) -> None:
    """Remove what nothing names any more, except what a reader of the list before this one may be about to fetch."""
    found = bucket.read(STATE)
    if found is not None:
        named = parse(found[0], bucket.address(STATE)).keys | before.keys | {STATE, LOCK}
        bucket.remove([key for key in bucket.listed() if key not in named])


def _fetch(bucket: Bucket, data: Path, lacking: dict[str, File]) -> None:
    def comes_last(path: str) -> bool:
        return PurePosixPath(path).name in _COMPLETES or is_below(path, ("landing/locks",))

    for last in (False, True):
        chosen = [(path, file) for path, file in lacking.items() if comes_last(path) == last]
        _side_by_side(
            bucket.fetch, ((key_of(path, file), data / path, file.sha256, file.bytes) for path, file in chosen)
        )


def _link(data: Path, links: dict[str, str]) -> None:
    for name, target in links.items():
        path = data / name
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f".{path.name}-new")
        draft.unlink(missing_ok=True)
        draft.symlink_to(target)
        draft.replace(path)


def _side_by_side(work: Callable[..., object], given: Iterable[tuple[object, ...]]) -> None:
    """Do something for each, several at a time; nothing new is begun after the first that fails."""
    pool = ThreadPoolExecutor(_AT_A_TIME)
    try:
        for done in as_completed([pool.submit(work, *arguments) for arguments in given]):
            done.result()
    finally:
        pool.shutdown(cancel_futures=True)


def _common(data: Path, url: str) -> dict[str, str] | None:
    """What a data folder and this storage had in common when they were last compared; None if they never were."""
    try:
        told = json.loads((data / _COPY).read_text(encoding="utf-8"))
        return dict(told["files"]) if told["url"] == url else None
    except (OSError, ValueError, LookupError, TypeError):
        return None


def _note(data: Path, url: str, files: dict[str, str]) -> None:
    draft = data / f".{_COPY}-new"
    draft.write_text(json.dumps({"url": url, "files": files}) + "\n", encoding="utf-8")
    draft.replace(data / _COPY)


def _told(files: dict[str, File]) -> str:
    return f"{len(files)} {'file' if len(files) == 1 else 'files'} ({size(sum(file.bytes for file in files.values()))})"
