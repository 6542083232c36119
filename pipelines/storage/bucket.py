"""The objects below a URL such as `s3://bucket/prefix`: reading and writing them, also on a condition.

Belongs here: the library that speaks to storage, and what its errors mean to a person. Not here: which objects there
are. The endpoint and who we are come from the variables that every program for S3 knows (`AWS_ENDPOINT_URL`,
`AWS_ACCESS_KEY_ID`, ...).
"""

import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError, PreconditionError
from obstore.store import S3Store

from pipelines.errors import DamagedError, RegiokompasError

if TYPE_CHECKING:
    from obstore import PutMode

_URL = re.compile(r"s3://[a-z0-9][a-z0-9.-]+(/[\w.=-]+)*")
_LONGEST_REQUEST = "120s"
_CONNECT = "10s"
# Three more tries within this time, then a person is told.
_TRIES, _PATIENCE = 3, timedelta(seconds=30)
_CHECK = "check AWS_ENDPOINT_URL, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and the network"


class StorageError(RegiokompasError):
    """The storage cannot be used as expected: one line with its address, what was found and what to do."""


class Bucket:
    """The objects below one URL.

    Raises:
        StorageError: the URL is not one of S3.
    """

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")
        if not _URL.fullmatch(self.url):
            raise StorageError(
                f"REGIOKOMPAS_STORAGE is {url!r}, expected s3://bucket/prefix -> correct it, or leave it empty"
            )
        endpoint = os.environ.get("AWS_ENDPOINT_URL", os.environ.get("AWS_ENDPOINT", ""))
        self._store = S3Store.from_url(
            self.url,
            client_options={
                "allow_http": endpoint.startswith("http://"),
                "timeout": _LONGEST_REQUEST,
                "connect_timeout": _CONNECT,
            },
            retry_config={"max_retries": _TRIES, "retry_timeout": _PATIENCE},
        )

    def address(self, key: str) -> str:
        """The whole address of an object."""
        return f"{self.url}/{key}"

    def version(self, key: str) -> str | None:
        """The ETag of an object; None if it is not there."""
        with self._telling(key, "read"):
            try:
                return obstore.head(self._store, key)["e_tag"]
            except FileNotFoundError:
                return None

    def read(self, key: str) -> tuple[bytes, str] | None:
        """A small object and its ETag; None if it is not there."""
        with self._telling(key, "read"):
            try:
                answer = obstore.get(self._store, key)
                return bytes(answer.bytes()), str(answer.meta["e_tag"])
            except FileNotFoundError as error:
                if "NoSuchBucket" in str(error):
                    raise
                return None

    def create(self, key: str, body: bytes) -> str | None:
        """Write an object that is not there yet, and return its ETag; None, and nothing is written, if it is there."""
        return self._write(key, body, "create")

    def replace(self, key: str, body: bytes, version: str) -> str | None:
        """Write an object anew, and return its ETag; None, and nothing is written, if it is no longer that version."""
        return self._write(key, body, {"e_tag": version})

    def _write(self, key: str, body: bytes, mode: "PutMode") -> str | None:
        with self._telling(key, "written"):
            try:
                return obstore.put(self._store, key, body, mode=mode, use_multipart=False)["e_tag"]
            except (AlreadyExistsError, PreconditionError):
                # Ours may have arrived, and only the answer got lost: then the repeated request is refused.
                found = self.read(key)
                return found[1] if found and found[0] == body else None

    def send(self, key: str, path: Path) -> bool:
        """Write a file under a key that stands for its bytes; returns False if an object of that size is there already.

        Large files go in parts, and are there all at once.
        """
        with self._telling(key, "written"):
            try:
                if obstore.head(self._store, key)["size"] == path.stat().st_size:
                    return False
            except FileNotFoundError:
                pass
            obstore.put(self._store, key, path)
            return True

    def fetch(self, key: str, path: Path, digest: str, size: int) -> None:
        """Bring an object to a file, which is there whole or not at all.

        Args:
            key: the object.
            path: the file.
            digest: the sha256 that its bytes have.
            size: how many there are.

        Raises:
            DamagedError: it is not there, or its bytes are others.
            StorageError: it cannot be read.
        """
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=".tmp-")
        try:
            with os.fdopen(handle, "wb") as file:
                found = sha256()
                for part in self._parts(key, path.name):
                    file.write(part)
                    found.update(part)
            if found.hexdigest() != digest:
                raise self._damaged(key, f"it has other bytes (sha256 {found.hexdigest()[:12]}, not {digest[:12]})")
            if (read := Path(name).stat().st_size) != size:
                raise self._damaged(key, f"it has {read} bytes, expected {size}")
            Path(name).chmod(0o644)
            Path(name).replace(path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise

    def _parts(self, key: str, name: str) -> Iterator[memoryview]:
        with self._telling(key, "read"):
            try:
                for part in obstore.get(self._store, key).stream(min_chunk_size=1 << 20):
                    yield memoryview(part)
            except FileNotFoundError:
                raise self._damaged(key, "it is not there") from None

    def listed(self) -> list[str]:
        """The keys of all objects."""
        with self._telling("", "listed"):
            return sorted(found["path"] for batch in obstore.list(self._store) for found in batch)

    def remove(self, keys: list[str]) -> None:
        """Remove objects."""
        with self._telling("", "removed"):
            if keys:
                obstore.delete(self._store, keys)

    def _damaged(self, key: str, problem: str) -> DamagedError:
        todo = "put it back from the versions or a copy of the bucket, or from a data folder that has it"
        return DamagedError(f"{self.address(key)} is damaged: {problem} -> {todo}")

    @contextmanager
    def _telling(self, key: str, done: str) -> Iterator[None]:
        try:
            yield
        except (BaseError, FileNotFoundError, PermissionError) as error:
            if "NoSuchBucket" in str(error):
                raise StorageError(f"{self.url}: there is no such bucket -> make it, or correct the URL") from None
            # What follows the first line is for those who look into the library.
            told = " ".join(str(error).split("Debug source", maxsplit=1)[0].split())
            # How long it took differs from time to time, and makes the same trouble look like another.
            why = re.sub(r" in \d[\d.]*[a-zµ]+", "", told)[:300]
            raise StorageError(f"{self.address(key)} cannot be {done}: {why} -> {_CHECK}") from None
