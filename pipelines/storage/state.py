"""What a data folder holds of landing, raw and releases: every file by its path, with size and sha256, and every link.

A storage has one such list, `current.json`, which is replaced as a whole. What it lists is under a key of its own for
each content, `<path>/<sha256>`, so nothing that a list names is ever written over.
"""

import os
from collections.abc import Iterator
from hashlib import file_digest, sha256
from pathlib import Path, PurePosixPath
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from pipelines.disk import is_unfinished
from pipelines.errors import DamagedError

STATE = "current.json"
RELEASES = "releases"
CURRENT = "releases/current"
ROOTS = (
    "landing/objects",
    "landing/locks",
    "landing/failures",
    "raw",
    RELEASES,
    # What the checks of the current release said, and which troubles were told: a run on another machine has to know.
    "build/checked.json",
    "alerts.json",
)
"""What is shared; all else in a data folder is of one machine, or put there by a person."""


def _ours(path: str) -> str:
    parts = PurePosixPath(path).parts
    if "/".join(parts) != path or any(is_unfinished(part) for part in parts) or not is_below(path, ROOTS):
        raise ValueError(f"{path!r} is no path of a data folder")
    return path


Ours = Annotated[str, AfterValidator(_ours)]


class File(BaseModel):
    """What a file is: its bytes, by their number and their sha256."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    bytes: int = Field(ge=0)
    sha256: str = Field(pattern="^[0-9a-f]{64}$")


class StoredState(BaseModel):
    """Every file and every link, by their paths within the data folder."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    version: Literal[1] = 1
    files: dict[Ours, File]
    links: dict[Ours, str]

    @model_validator(mode="after")
    def _lead_to_releases(self) -> "StoredState":
        # A link leads to the folder of a release, and nowhere else on the machine that makes it.
        for path, target in self.links.items():
            folder = PurePosixPath(os.path.normpath(PurePosixPath(path).parent / target))
            if str(folder.parent) != RELEASES or release_of(f"{folder}/-") is None:
                raise ValueError(f"{path} leads to {target!r}, which is no release")
        return self

    @property
    def linked(self) -> set[str]:
        """The ids of the releases that a link leads to: the current one, and the last of each kind."""
        return {PurePosixPath(target).name for target in self.links.values()}

    @property
    def release_id(self) -> str | None:
        """The release that readers get, if any."""
        target = self.links.get(CURRENT)
        return PurePosixPath(target).name if target else None

    @property
    def keys(self) -> set[str]:
        """The keys of all objects that it names."""
        return {key_of(path, file) for path, file in self.files.items()}

    @property
    def told(self) -> dict[str, str]:
        """Each path with what is there: the sha256 of a file, or where a link leads."""
        return {path: file.sha256 for path, file in self.files.items()} | self.links

    @property
    def digest(self) -> str:
        """The identity of the content: the same for the same files and links."""
        ordered = StoredState(files=dict(sorted(self.files.items())), links=dict(sorted(self.links.items())))
        return sha256(ordered.model_dump_json().encode()).hexdigest()

    def as_bytes(self) -> bytes:
        """As it is written."""
        return (_Sealed(sha256=self.digest, state=self).model_dump_json(indent=1) + "\n").encode()


class _Sealed(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    sha256: str
    state: StoredState


NOTHING = StoredState(files={}, links={})


def key_of(path: str, file: File) -> str:
    """The key of the object that holds a file as it is."""
    return f"{path}/{file.sha256}"


def is_below(path: str, roots: tuple[str, ...]) -> bool:
    """Whether a path is one of these, or below one."""
    return any(path == root or path.startswith(f"{root}/") for root in roots)


def release_of(path: str) -> str | None:
    """The id of the release that a file is part of; None for all others, such as the timeline beside releases."""
    parts = PurePosixPath(path).parts
    is_part = parts[0] == RELEASES and len(parts) > 2 and parts[1] not in ("changes", "history", "refused")
    return parts[1] if is_part else None


def never_changes(path: str) -> bool:
    """Whether a file stays as it was first written: what has landed, and what is part of a release."""
    return is_below(path, ("landing/objects",)) or release_of(path) is not None


def look(data: Path, roots: tuple[str, ...] = ROOTS) -> StoredState:
    """What a data folder holds; what is unfinished does not count, and a link to nothing is none.

    Args:
        data: the data folder.
        roots: the part of it that is looked at.
    """
    files: dict[str, File] = {}
    links: dict[str, str] = {}
    for path in (path for root in roots for path in _walk(data / root)):
        name = path.relative_to(data).as_posix()
        if path.is_symlink():
            links |= {name: str(path.readlink())} if path.exists() else {}
            continue
        with path.open("rb") as file:
            digest = file_digest(file, "sha256").hexdigest()
            files[name] = File(bytes=os.fstat(file.fileno()).st_size, sha256=digest)
    return StoredState(files=files, links=links)


def _walk(path: Path) -> Iterator[Path]:
    if path.is_symlink() or path.is_file():
        yield path
    elif path.is_dir():
        for below in sorted(path.iterdir()):
            if not is_unfinished(below.name):
                yield from _walk(below)


def parse(body: bytes, address: str) -> StoredState:
    """The state that was written.

    Raises:
        DamagedError: it was not written by us, or not by this version.
    """
    try:
        sealed = _Sealed.model_validate_json(body)
        why = "" if sealed.state.digest == sealed.sha256 else "its sha256 is that of another content"
    except ValidationError as error:
        first = error.errors()[0]
        why = " ".join(f"{'.'.join(map(str, first['loc']))} {first['msg']}".split())[:200]
    if why:
        todo = "put it back from the versions of the bucket, or use the version of Regiokompas that wrote it"
        raise DamagedError(f"{address} is damaged, or of another version ({why}) -> {todo}")
    return sealed.state
