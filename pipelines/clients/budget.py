"""What an answer, a source and an archive may cost: bytes, seconds, requests, members and cells.

Belongs here: the limits, counting against them, and opening a zip within them. Not here: how long a try waits and how
often it is made (`http.py`), nor which addresses may be asked (`reach.py`).
"""

import io
import time
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from tempfile import SpooledTemporaryFile
from threading import Lock

import requests
import urllib3

from pipelines.errors import SourceError
from pipelines.landing.received import Received, unpacked

MOST_MEMBERS = 1_000
"""The most members of a zip; its directory is not read when it is longer than so many can make it."""
MOST_UNPACKED_BYTES = 64_000_000
"""The most bytes of what is unpacked into memory, all that is asked of one zip together."""
MOST_STREAMED_BYTES = 2_000_000_000
"""The most bytes of a member that is unpacked to a file, a piece at a time."""
MOST_CELLS = 600_000
"""The most cells of a sheet, blank ones within its corners included."""
MOST_JSON_VALUES = 5_000_000
"""The most values of one JSON document that is read in Python."""
_CHUNK = 1 << 16
_IN_MEMORY_BYTES = 4_000_000
# The fixed part of a member in the directory of a zip, with names and extra fields of a generous length.
_DIRECTORY_BYTES = MOST_MEMBERS * 500
_END, _TAIL = b"PK\x05\x06", 65_557


@dataclass(frozen=True)
class Limits:
    """The most that a source may cost; the settings of the same names say more.

    Attributes:
        sent_bytes: of one answer, as it is sent.
        unpacked_bytes: of one answer, after its Content-Encoding is undone.
        source_bytes: of all answers of a source together, unpacked.
        source_seconds: from the first request to a source to its last.
        source_requests: to a source, pages and repeated tries included.
    """

    sent_bytes: int = 64_000_000
    unpacked_bytes: int = 64_000_000
    source_bytes: int = 4_000_000_000
    source_seconds: float = 3_600.0
    source_requests: int = 10_000


class TooMuchError(SourceError):
    """A source costs more than its budget; asking again does not help."""

    def __init__(self, dataset_id: str, problem: str, url: str = "", setting: str = "") -> None:
        todo = f"look at the source; raise {setting} only for a size you can explain" if setting else "look at the file"
        super().__init__(dataset_id, problem, url=url, todo=todo)


class Budget:
    """What one source has cost so far, whichever thread asked; refuses what goes beyond its limits."""

    def __init__(self, limits: Limits = Limits()) -> None:  # frozen
        self.limits = limits
        self._begun = time.monotonic()
        self._requests = self._bytes = 0
        self._lock = Lock()

    def anew(self) -> "Budget":
        """The same limits for another source."""
        return Budget(self.limits)

    def ask(self, dataset_id: str, url: str) -> None:
        """Count a request.

        Raises:
            TooMuchError: the source had as many as it may, or as much time.
        """
        with self._lock:
            self._requests += 1
            requested, most = self._requests, self.limits.source_requests
        if requested > most:
            raise TooMuchError(dataset_id, f"more than {most} requests", url, "REGIOKOMPAS_MOST_SOURCE_REQUESTS")
        self._refuse_late(dataset_id, url)

    def read(self, dataset_id: str, answer: requests.Response) -> bytes:
        """The body of an answer, unpacked a piece at a time.

        Raises:
            TooMuchError: it is larger than it may be, or its source has sent as much as it may.
            requests.RequestException: it broke off or cannot be unpacked.
        """
        limits, url = self.limits, answer.url
        promised = answer.headers.get("Content-Length", "")
        if promised.isdigit() and int(promised[:19]) > limits.sent_bytes and answer.request.method != "HEAD":
            self._refuse_sent(dataset_id, url)
        # Of many answers at a time, those that are not complete are on disk.
        with SpooledTemporaryFile(_IN_MEMORY_BYTES) as sent:
            packed = _is_gzip(answer)
            for piece in _as_sent(answer) if packed else answer.iter_content(_CHUNK):
                sent.write(piece)
                if _sent(answer) > limits.sent_bytes:
                    self._refuse_sent(dataset_id, url)
                if packed:
                    self._refuse_late(dataset_id, url)
                else:
                    self._count(dataset_id, url, sent.tell(), len(piece))
            sent.seek(0)
            body = sent.read()
        return self._unpack(dataset_id, url, body) if packed and body else body

    def _unpack(self, dataset_id: str, url: str, packed: bytes) -> bytes:
        with SpooledTemporaryFile(_IN_MEMORY_BYTES) as whole:
            try:
                for piece in unpacked(packed):
                    whole.write(piece)
                    self._count(dataset_id, url, whole.tell(), len(piece))
            except (EOFError, zlib.error) as error:
                raise requests.exceptions.ContentDecodingError(str(error)) from error
            whole.seek(0)
            body = Received(whole.read())
        body.packed = packed
        return body

    def _count(self, dataset_id: str, url: str, total: int, more: int) -> None:
        if total > self.limits.unpacked_bytes:
            problem = f"an answer that unpacks to more than {self.limits.unpacked_bytes} bytes"
            raise TooMuchError(dataset_id, problem, url, "REGIOKOMPAS_MOST_UNPACKED_BYTES")
        self._add(dataset_id, url, more)

    def _add(self, dataset_id: str, url: str, count: int) -> None:
        with self._lock:
            self._bytes += count
            found, most = self._bytes, self.limits.source_bytes
        if found > most:
            raise TooMuchError(dataset_id, f"more than {most} bytes in all", url, "REGIOKOMPAS_MOST_SOURCE_BYTES")
        self._refuse_late(dataset_id, url)

    def _refuse_late(self, dataset_id: str, url: str) -> None:
        if time.monotonic() - self._begun > self.limits.source_seconds:
            problem = f"not complete after {self.limits.source_seconds:g} s"
            raise TooMuchError(dataset_id, problem, url, "REGIOKOMPAS_MOST_SOURCE_SECONDS")

    def _refuse_sent(self, dataset_id: str, url: str) -> None:
        problem = f"an answer of more than {self.limits.sent_bytes} bytes"
        raise TooMuchError(dataset_id, problem, url, "REGIOKOMPAS_MOST_SENT_BYTES")


def _is_gzip(answer: requests.Response) -> bool:
    """Whether an answer comes as gzip and nothing else, from a network."""
    return hasattr(answer.raw, "stream") and answer.headers.get("Content-Encoding", "").strip().lower() == "gzip"


def _as_sent(answer: requests.Response) -> Iterator[bytes]:
    """The pieces of an answer as they come in, still packed, with the errors of requests."""
    try:
        yield from answer.raw.stream(_CHUNK, decode_content=False)
    except urllib3.exceptions.HTTPError as error:
        raise requests.exceptions.ChunkedEncodingError(error) from error


def _sent(answer: requests.Response) -> int:
    """The bytes that came in so far, before they were unpacked; 0 where an answer is not from a network."""
    tell = getattr(answer.raw, "tell", None)
    return int(tell()) if tell else 0


@contextmanager
def opened_zip(body: bytes) -> Iterator[zipfile.ZipFile]:
    """A zip whose directory is no longer than it may be; nothing of it is unpacked.

    Raises:
        ValueError: it has too many members.
        zipfile.BadZipFile, and what else that module raises: it is damaged.
    """
    end = body.rfind(_END, max(0, len(body) - _TAIL))
    # Of a zip that has none, the module says so.
    if end >= 0 and int.from_bytes(body[end + 12 : end + 16], "little") > _DIRECTORY_BYTES:
        raise ValueError(f"a zip with more than {MOST_MEMBERS} members")
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        if len(archive.namelist()) > MOST_MEMBERS:
            raise ValueError(f"a zip with {len(archive.namelist())} members, expected at most {MOST_MEMBERS}")
        yield archive


def refuse_unpacking(members: list[zipfile.ZipInfo], most: int = MOST_UNPACKED_BYTES) -> None:
    """Refuse members that together unpack to more than they may; the module never unpacks more than a member says.

    Raises:
        ValueError: names the largest and the limit.
    """
    total = sum(member.file_size for member in members)
    if total > most:
        largest = max(members, key=lambda member: member.file_size)
        raise ValueError(f"{largest.filename:.80} and its like unpack to {total} bytes, expected at most {most}")
