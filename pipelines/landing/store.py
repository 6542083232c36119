"""The landing: bytes as received, by their sha256, and a lock per card that says which bytes make up a table.

    objects/<2>/<sha256>.gz        one received body, packed as it came or by us; written once, never changed
    locks/<publisher>/<table>.json snapshots of the table, oldest first; changes only when bytes change
    partial/<publisher>/<table>.<protocol>.jsonl  the pages that a fetch has received so far; deleted when complete
    failures/<published|invented>/<publisher>/<table>.json  why the last refresh failed; deleted after the next success

A landing can be copied and replayed anywhere: nothing in it depends on where it is. Nothing in it is trusted either: an
object whose bytes are not those of its name counts as absent, and so does a lock that cannot be read.
"""

import gzip
import hashlib
import json
import os
import shutil
import tempfile
import zlib
from datetime import UTC, date, datetime
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pipelines.errors import DamagedError, RegiokompasError, Trouble
from pipelines.landing.received import Received, together, unpacked

NOTICE = "Verzonnen voorbeeldcijfers, geen echte gegevens / Invented sample figures, not real data"


class Resource(BaseModel):
    """One received body: its name within the snapshot, where it came from and what it is."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    name: str
    url: str
    sha256: str
    size: int


class Lacking(BaseModel):
    """One of several files that a snapshot does not have, or has from an earlier one (`is_kept`), and since when."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    url: str
    problem: str
    since: str
    is_kept: bool


class Snapshot(BaseModel):
    """A source table at one moment: everything that was received for it.

    `asked` is the fingerprint of what the card asked for; `modified` is when the source says that it last changed, and
    `stamp` is compared as well; a source that gives neither is fetched in full every time. `is_invented` marks the
    bundled sample, which is never mixed with published figures, and `notice` is what readers are told of a card of the
    sample that is not invented like the others. `lacking` are the files that could not be fetched or read when the
    others were.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    dataset_id: str
    protocol: str
    asked: str
    modified: str
    stamp: str = ""
    landed_at: str
    is_invented: bool
    notice: str = Field(default="", exclude_if=lambda text: not text)
    resources: tuple[Resource, ...]
    lacking: tuple[Lacking, ...] = ()

    @property
    def landed_on(self) -> date:
        """The day on which it landed."""
        return date.fromisoformat(self.landed_at[:10])

    @property
    def told(self) -> str | None:
        """What readers are told of it; None for published figures."""
        return (self.notice or NOTICE) if self.is_invented else None

    @property
    def changed_at(self) -> str:
        """When the source last changed, or, where it does not say, when it landed."""
        return self.modified or self.landed_at

    @property
    def digest(self) -> str:
        """The identity of the content: equal bytes give an equal digest, whenever and from wherever they came."""
        parts = [
            self.dataset_id,
            self.protocol,
            self.asked,
            *(f"{r.name} {r.sha256}" for r in self.resources),
            # Which files are lacking, so that a copied landing says so too; not why, which differs from day to day.
            *(f"lacking {lack.url} {lack.is_kept}" for lack in self.lacking),
        ]
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()

    def named(self, name: str) -> Resource:
        """The resource with this name."""
        return next(r for r in self.resources if r.name == name)

    def below(self, folder: str) -> list[Resource]:
        """The resources whose name begins with `folder/`, in order."""
        return [r for r in self.resources if r.name.startswith(f"{folder}/")]


class Attempt(BaseModel):
    """One way to a source that was tried and failed: which, where, what was found and what a person can do."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    protocol: str
    trouble: Trouble
    problem: str
    url: str = ""
    todo: str = ""


class Failure(BaseModel):
    """Why the last refresh of a card failed: since when, when it was last tried, and every way that was tried.

    `trouble`, `problem` and `todo` are those of the most informative attempt.
    """

    # Earlier versions wrote other keys; the last problem is enough until the next refresh.
    model_config = ConfigDict(extra="ignore", frozen=True)
    failed_at: str
    since: str = ""
    trouble: Trouble = Trouble.REFUSED
    problem: str
    todo: str = ""
    attempts: tuple[Attempt, ...] = ()

    @property
    def began(self) -> str:
        """When it first failed since its last success."""
        return self.since or self.failed_at


class Landing:
    """A content-addressed, append-only store of what sources sent."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def put(self, body: bytes) -> str:
        """Keep a body and return its sha256; a body that is there as it was is not written again.

        What came packed is kept so: packing it again would cost more than all else that is done with it.
        """
        sha256 = hashlib.sha256(body).hexdigest()
        if not self.is_whole(sha256):
            packed = body.packed if isinstance(body, Received) else None
            write_atomically(self.path(sha256), packed or gzip.compress(body, compresslevel=6, mtime=0))
        return sha256

    def is_whole(self, sha256: str) -> bool:
        """Whether the body with this sha256 is there, as it came."""
        try:
            self.get(sha256)
        except DamagedError:
            return False
        return True

    def damaged(self, snapshot: Snapshot) -> list[Resource]:
        """The resources of a snapshot whose bytes are not there as they came."""
        return [resource for resource in snapshot.resources if not self.is_whole(resource.sha256)]

    def get(self, sha256: str) -> bytes:
        """The body with this sha256.

        Raises:
            DamagedError: it is not there, or its bytes have changed.
        """
        path, todo = self.path(sha256), "copy the landing again, or run --from live"
        try:
            body = together(unpacked(path.read_bytes()))
        except (OSError, EOFError, zlib.error) as error:
            raise DamagedError(f"landing object {path} cannot be read ({error}) -> {todo}") from None
        if hashlib.sha256(body).hexdigest() != sha256:
            raise DamagedError(f"landing object {path} was changed after it landed -> {todo}")
        return body

    def path(self, sha256: str) -> Path:
        """Where the body with this sha256 is."""
        return self.root / "objects" / sha256[:2] / f"{sha256}.gz"

    def snapshots(self, dataset_id: str) -> list[Snapshot]:
        """Every snapshot of a card that has landed here, oldest first; none where its lock cannot be read."""
        found = self._read_lock(dataset_id)
        return [] if isinstance(found, str) else found

    def lock_problem(self, dataset_id: str) -> str:
        """Why the lock of a card cannot be read; empty where it can, or there is none."""
        found = self._read_lock(dataset_id)
        return found if isinstance(found, str) else ""

    def _read_lock(self, dataset_id: str) -> list[Snapshot] | str:
        path = self._lock(dataset_id)
        if not path.exists():
            return []
        try:
            return [Snapshot.model_validate(s) for s in json.loads(path.read_text(encoding="utf-8"))["snapshots"]]
        except (OSError, ValueError, LookupError, TypeError) as error:
            first = error.errors()[0] if isinstance(error, ValidationError) else None
            why = f"{'.'.join(map(str, first['loc']))}: {first['msg']}" if first else f"{error!s:.80}"
            where = path.relative_to(self.root)
            return f"the lock {where} is damaged, or of another version of Regiokompas ({' '.join(why.split())})"

    def current(self, dataset_id: str, *, invented: bool) -> Snapshot | None:
        """The newest snapshot of a card, of the sample or of published figures."""
        fitting = [s for s in self.snapshots(dataset_id) if s.is_invented == invented]
        return fitting[-1] if fitting else None

    def commit(self, snapshot: Snapshot) -> bool:
        """Make a snapshot the current one; returns False, and writes nothing, if the current one has the same bytes."""
        have = self.current(snapshot.dataset_id, invented=snapshot.is_invented)
        if have and have.digest == snapshot.digest:
            return False
        path = self._lock(snapshot.dataset_id)
        if self.lock_problem(snapshot.dataset_id):
            path.replace(path.with_suffix(".damaged"))
        content = {"snapshots": [s.model_dump() for s in (*self.snapshots(snapshot.dataset_id), snapshot)]}
        text = json.dumps(content, indent=1, ensure_ascii=False) + "\n"
        write_atomically(path, text.encode())
        return True

    def copy_objects(self, snapshot: Snapshot, source: "Landing") -> None:
        """Bring the bytes of a snapshot over from another landing, checking each."""
        for resource in snapshot.resources:
            if not self.is_whole(resource.sha256):
                body = Received(source.get(resource.sha256))
                body.packed = source.path(resource.sha256).read_bytes()
                self.put(body)

    def holds_published(self) -> bool:
        """Whether any snapshot here holds published figures.

        Raises:
            RegiokompasError: there are locks, and none of them can be read.
        """
        ids = [f"{path.parent.name}/{path.stem}" for path in sorted((self.root / "locks").glob("*/*.json"))]
        problems = [problem for dataset_id in ids if (problem := self.lock_problem(dataset_id))]
        if problems and len(problems) == len(ids):
            raise RegiokompasError(f"{problems[0]} -> move {self.root} elsewhere, or use the version that wrote it")
        return any(not s.is_invented for dataset_id in ids for s in self.snapshots(dataset_id))

    def failure(self, dataset_id: str, *, invented: bool) -> Failure | None:
        """Why the last refresh of a card failed; None when it succeeded, or when that cannot be read any more."""
        path = self._failure(dataset_id, invented=invented)
        try:
            return Failure.model_validate_json(path.read_bytes())
        except (FileNotFoundError, ValidationError):
            return None

    def note_failure(self, dataset_id: str, failure: Failure, *, invented: bool) -> Failure:
        """Remember that a refresh failed, so that the kept data can be labelled; an earlier one gives its `since`."""
        before = self.failure(dataset_id, invented=invented)
        noted = failure.model_copy(update={"since": before.began if before else failure.began})
        write_atomically(self._failure(dataset_id, invented=invented), noted.model_dump_json(indent=1).encode())
        return noted

    def clear_failure(self, dataset_id: str, *, invented: bool) -> None:
        """Forget an earlier failure, after a success."""
        self._failure(dataset_id, invented=invented).unlink(missing_ok=True)

    def partial(self, dataset_id: str, protocol: str) -> Path:
        """The file that lists the pages that a fetch by this protocol has received so far."""
        return self.root / "partial" / f"{dataset_id}.{protocol}.jsonl"

    def forget_partial(self, dataset_id: str, protocol: str) -> None:
        """Forget the list of pages, when the table is complete or is no longer the one they belong to."""
        self.partial(dataset_id, protocol).unlink(missing_ok=True)

    def _lock(self, dataset_id: str) -> Path:
        return self.root / "locks" / f"{dataset_id}.json"

    def _failure(self, dataset_id: str, *, invented: bool) -> Path:
        return self.root / "failures" / kind(invented=invented) / f"{dataset_id}.json"


def kind(*, invented: bool) -> str:
    """The folder name that keeps the sample's figures apart from published ones."""
    return "invented" if invented else "published"


def open_landing(path: Path) -> Landing:
    """A landing that exists, to replay from.

    Raises:
        RegiokompasError: there is none at `path`.
    """
    if not (path / "locks").is_dir() or not (path / "objects").is_dir():
        raise RegiokompasError(
            f"{path} is not a landing: expected the folders `locks` and `objects` -> give the path of a copied landing"
        )
    return Landing(path)


def now() -> str:
    """The time, in UTC, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def write_atomically(path: Path, content: bytes) -> None:
    """Write a file so that a reader sees the old one or the new one, and a crash leaves no partial one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".tmp-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(handle)
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    """Have the names of the files of a folder outlast a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def replace_folder(built: Path, target: Path) -> None:
    """Put a freshly built folder in place of an old one."""
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(target, ignore_errors=True)
    built.replace(target)
