"""One run at a time in a storage, whichever machine it is on: an object says who runs, and until when that holds.

Belongs here: that lock. It is written on the condition that nobody else did, and renewed while the run lasts; what a
killed run left is over by itself. The clocks of machines may differ by less than the lock holds: where they differ by
more, the switch at the end still refuses the second run (`working_copy.py`).
"""

import json
import os
import socket
import threading
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Self
from uuid import uuid4

from pydantic import BaseModel, ConfigDict, ValidationError

from pipelines.errors import DamagedError
from pipelines.storage.bucket import Bucket, StorageError
from pipelines.telling import Tell

LOCK = "run.lock"
HOLDS = timedelta(minutes=10)
RENEWED_EVERY = 60.0
LOOKED_AT_EVERY = 10.0


class Holder(BaseModel):
    """Who runs; `until` is when that is over unless it is renewed, and the time of the end once the run has ended."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    owner: str
    run: str
    since: datetime
    until: datetime


class Lease:
    """The lock of a storage, held within the block.

    Args:
        bucket: the storage.
        tell: told in a line when another run left the lock, or is waited for.
        wait: wait for the run that is busy, rather than refuse.

    Raises:
        StorageError: another run is busy.
    """

    def __init__(self, bucket: Bucket, tell: Tell, *, wait: bool = False) -> None:
        self._bucket, self._tell, self._wait = bucket, tell, wait
        self._ended = threading.Event()
        self._lost = False
        self._version = ""
        now = _now()
        owner = f"process {os.getpid()} on {socket.gethostname()}"
        self._holder = Holder(owner=owner, run=uuid4().hex, since=now, until=now + HOLDS)
        self._renewing = threading.Thread(target=self._renew, name="storage-lock", daemon=True)

    def __enter__(self) -> Self:
        is_told = False
        while busy := self._take():
            told = f"{self._bucket.url}: another run is busy, {busy.owner} since {_at(busy.since)}"
            if not self._wait:
                over = f"if it was killed, its lock is over at {_at(busy.until)}"
                raise StorageError(f"{told} ({over}) -> wait for it, or use another REGIOKOMPAS_STORAGE")
            if not is_told:
                self._tell(f"{told}: waiting for it")
                is_told = True
            time.sleep(LOOKED_AT_EVERY)
        self._renewing.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._renewing.join()
        if not self._lost:
            # A run that is over is over, also when nobody can be told: then the lock ends by itself.
            with suppress(StorageError):
                self._write(_now())

    def check(self) -> None:
        """Make sure that it is still ours.

        Raises:
            StorageError: it is not.
        """
        if self._lost or _now() >= self._holder.until:
            address = self._bucket.address(LOCK)
            raise StorageError(f"{address} is no longer ours: this run was cut off from it -> run again")

    def _take(self) -> Holder | None:
        """Take the lock; returns who holds it, if anybody does."""
        now = _now()
        self._holder = self._holder.model_copy(update={"since": now, "until": now + HOLDS})
        if version := self._bucket.create(LOCK, _written(self._holder)):
            self._version = version
            return None
        found = self._bucket.read(LOCK)
        if found is None:
            return self._take()
        before = _read(self._bucket, found[0])
        if before.until > now:
            return before
        if version := self._bucket.replace(LOCK, _written(self._holder), found[1]):
            self._version = version
            if before.run:
                told = f"the lock that {before.owner} left is over since {_at(before.until)}"
                self._tell(f"{self._bucket.url}: {told}, and is taken over")
            return None
        return self._take()

    def _renew(self) -> None:
        while not self._ended.wait(RENEWED_EVERY):
            # Storage that does not answer now may do so before the lock is over.
            with suppress(StorageError):
                self._lost = self._lost or not self._write(_now() + HOLDS)

    def _write(self, until: datetime) -> bool:
        is_over = self._ended.is_set()
        holder = self._holder.model_copy(update={"until": until, **({"run": ""} if is_over else {})})
        version = self._bucket.replace(LOCK, _written(holder), self._version)
        if version:
            self._version, self._holder = version, holder
        return bool(version)


def _written(holder: Holder) -> bytes:
    return (json.dumps(holder.model_dump(mode="json"), indent=1) + "\n").encode()


def _read(bucket: Bucket, body: bytes) -> Holder:
    try:
        return Holder.model_validate_json(body)
    except ValidationError:
        address = bucket.address(LOCK)
        raise DamagedError(
            f"{address} is damaged: it names no run -> make sure that none is busy, and remove it"
        ) from None


def _now() -> datetime:
    return datetime.now(UTC)


def _at(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"
